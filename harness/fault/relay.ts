import path from 'node:path';
import { createInterface } from 'node:readline';
import type { SegmentHandle } from '../driver/driver.ts';
import type { LabView } from '../lab/view.ts';
import type { ImpairedCounts, Impairment } from './impairment.ts';

/** What the relay's program is told: between which devices, and what it does in each direction. */
export interface RelayOrder {
  near: string;
  far: string;
  toFar: Impairment;
  toNear: Impairment;
  seed: number;
}

const PROGRAM = path.join(import.meta.dirname, 'relay-program.ts');
/** Before the beats of what is tested, as a cable would be. */
const PRIORITY = '30';
let relays = 0;

/** How many frames passed and what was done to them: what the node sent, and what it was sent. */
export interface CableCounts {
  sent: ImpairedCounts;
  received: ImpairedCounts;
}

/**
 * The cable of a leg becomes a bad one: frames of the node, and frames to it, are delayed, lost, doubled or reordered on their way through the
 * switch, by a relay in user space between the switch's port and the switch (no queueing discipline that delays is needed). A frame
 * takes some 0.1 ms more in it. Nothing crosses while it is plugged in and out, some milliseconds.
 * @returns what makes the cable good again, and gives what was done: a fault that did nothing took no effect
 */
export async function impairCable(
  view: LabView,
  node: string,
  leg: string,
  { sent = {}, received = {}, seed }: { sent?: Impairment; received?: Impairment; seed: number },
): Promise<() => Promise<CableCounts>> {
  const lanSwitch = view.lab.switchOf(view.port(node, leg).lan);
  const { port } = view.leg(node, leg);
  const name = `relay${++relays}`;
  const inLan = (...lines: string[]) => lanSwitch.run(['ip', '-batch', '-'], `${lines.join('\n')}\n`);
  const switchName = await masterOf(lanSwitch, port);
  await inLan(
    `link add ${name} type veth peer name ${name}.far`,
    `link set ${name}.far master ${switchName} up`,
    `link set ${name} up`,
    `link set ${port} nomaster`,
  );
  const order: RelayOrder = { near: port, far: name, toFar: sent, toNear: received, seed };
  const relay = await start(lanSwitch, order);
  return async () => {
    const { toFar, toNear } = await relay.end();
    await inLan(`link delete ${name}`, `link set ${port} master ${switchName}`);
    return { sent: toFar, received: toNear };
  };
}

async function masterOf(lanSwitch: SegmentHandle, port: string): Promise<string> {
  const [link] = JSON.parse(await lanSwitch.run(['ip', '-j', 'link', 'show', 'dev', port])) as { master?: string }[];
  if (link?.master === undefined) throw new Error(`the port ${port} is on no switch: is its cable impaired already?`);
  return link.master;
}

async function start(lanSwitch: SegmentHandle, order: RelayOrder) {
  const words = ['chrt', '--fifo', PRIORITY, process.execPath, PROGRAM, JSON.stringify(order)];
  const child = lanSwitch.open(words, ['pipe', 'pipe', 'inherit']);
  const { stdin, stdout } = child;
  if (!stdin || !stdout) throw new Error('the relay cannot be spoken to');
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`the relay at ${order.near} has ended: exit status ${child.exitCode}`);
    return value as string;
  };
  await next();
  return {
    end: async () => {
      stdin.end();
      return JSON.parse(await next()) as { toFar: ImpairedCounts; toNear: ImpairedCounts };
    },
  };
}
