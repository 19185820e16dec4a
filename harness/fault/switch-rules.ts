import { execa } from 'execa';
import type { Port } from '../check/seen.ts';
import { netnsPath } from '../driver/namespace.ts';
import type { LabView } from '../lab/view.ts';

/** Faults in the switch of a LAN: rules of its own packet filter, which the nodes know nothing of. */

const SPLIT = 'onevip_split';
const LOSS = 'onevip_loss';

/** From now on nothing passes between a port of one side and a port of the other. Other ports hear everybody. */
export async function split(view: LabView, one: Port[], other: Port[]): Promise<void> {
  const rules = [one, other].map((from, i) => {
    const to = i === 0 ? other : one;
    return `iifname { ${devices(view, from)} } oifname { ${devices(view, to)} } counter drop`;
  });
  await filter(view, lanOf(one), SPLIT, 'forward', rules);
}

/** From now on nothing that fits the expression of nft passes through the LAN. */
export const dropMatching = (view: LabView, lan: string, match: string): Promise<void> =>
  filter(view, lan, SPLIT, 'forward', [`${match} counter drop`]);

/** The next announcement of the address that the port sends is lost in the switch; those after it pass. */
export const loseAnnouncement = (view: LabView, port: Port, address: string): Promise<void> =>
  filter(view, port.lan, LOSS, 'prerouting', [
    `iifname ${devices(view, [port])} arp saddr ip ${address} arp daddr ip ${address} limit rate 1/day burst 1 packets counter drop`,
  ]);

/** Takes the faults of the LANs back, all within the time of one command each. */
export async function mendLans(view: LabView, lans: string[]): Promise<void> {
  await Promise.all(lans.map((lan) => nft(view, lan, 'flush ruleset')));
}

function lanOf([port]: Port[]): string {
  if (!port) throw new Error('a side without ports');
  return port.lan;
}

const devices = (view: LabView, ports: Port[]): string =>
  ports.map(({ node, leg }) => view.leg(node, leg).port).join(', ');

async function filter(view: LabView, lan: string, name: string, hook: string, rules: string[]): Promise<void> {
  const chain = `chain ${hook} {\n type filter hook ${hook} priority 0;\n ${rules.join('\n ')}\n}`;
  await nft(view, lan, `table bridge ${name} {\n${chain}\n}\n`);
}

async function nft(view: LabView, lan: string, text: string): Promise<void> {
  const netns = netnsPath(view.lab.lanNetns(lan));
  const done = await execa('nsenter', [`--net=${netns}`, 'nft', '-f', '-'], { input: `${text}\n`, reject: false });
  if (done.failed) throw new Error(`the switch of ${lan} refused a rule: ${done.stderr}`);
}
