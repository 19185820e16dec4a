import { execa } from 'execa';
import type { Lab } from '../lab/lab.ts';
import type { LabView } from '../lab/view.ts';

/** The port of UDP that heartbeats are sent to, for who forges them, or knows them by it. */
export const heartbeatPort = ({ lab }: LabView): number => lab.use('signedHeartbeats').port;
const TABLE = 'bridge onevip_silence';

/** On the switch and not on the nodes: so a capture shows that beats were sent, and that none was received. */
const rulesFor = (heartbeats: string): string => `table ${TABLE} {
  chain forward {
    type filter hook forward priority 0
    ${heartbeats} counter drop
  }
}
`;

/** The LANs by which the two load balancers hear each other. */
export function heartbeatLans(lab: Lab): string[] {
  const { legs } = lab.use('heartbeats');
  const own = lab.nodes('nlb').flatMap(({ home }) => home.plan.legs.filter(({ name }) => legs.includes(name)));
  const segments = own.map(({ segment }) => segment);
  return [...new Set(lab.plan.segments.filter(({ name }) => segments.includes(name)).map(({ lan }) => lan))];
}

/** From now on no heartbeat crosses the LAN. */
export async function dropHeartbeats(lab: Lab, lan: string): Promise<void> {
  await nft(lab, lan, ['-f', '-'], rulesFor(lab.use('heartbeats').match));
}

/** Lets them through again; gives how many were dropped. */
export async function letHeartbeatsThrough(lab: Lab, lan: string): Promise<number> {
  const listed = await nft(lab, lan, ['list', 'table', ...TABLE.split(' ')]);
  await nft(lab, lan, ['delete', 'table', ...TABLE.split(' ')]);
  return Number(/counter packets (\d+)/.exec(listed)?.[1] ?? 0);
}

async function nft(lab: Lab, lan: string, words: string[], input = ''): Promise<string> {
  const inLan = ['netns', 'exec', lab.lanNetns(lan), 'nft', ...words];
  const done = await execa('ip', inLan, { input, reject: false });
  if (done.exitCode !== 0) throw new Error(`nft ${words.join(' ')} on the LAN ${lan} failed: ${done.stderr}`);
  return done.stdout;
}
