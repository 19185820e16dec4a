import type { Test } from 'tap';
import { buildTable } from '../balance/maglev.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import { type Flow, hashOf, nameOfFlow, numbersOf } from '../datapath/specification/flow.ts';
import { noNumbers } from '../datapath/tables/connection-numbers.ts';
import type { PathAddresses } from '../sync/link/socket.ts';
import { openWire } from '../sync/link/test-network.ts';
import { ordersFor } from '../sync/link/test-pair.ts';
import type { Configured, ServerSeen } from './configured.ts';
import { type InStepNode, openInStepNode } from './node.ts';
import { flowFrom, openTestDataPath, type TestDataPath } from './test-data-path.ts';
import { openThrottle } from './throttle.ts';

/** For tests: nodes of a pair with data paths in memory, real engines and real sockets between them. */
const { SELECTION_SLOTS: SLOTS } = CONSTANTS;
export const POOL = 'tcp 203.0.113.1:80';
export const ROW = 3;
export const SERVERS = ['10.77.2.20', '10.77.2.21', '10.77.2.22'];
export const SERVERS_OF_POOL = SERVERS.map((address, index) => ({ name: `server${index}`, address }));
export const CONFIGURED: Configured = {
  pools: [{ name: POOL, row: ROW, members: SERVERS_OF_POOL }],
  services: [{ number: 0, protocol: 'tcp', address: '203.0.113.1', port: 80, pool: POOL }],
};
export const table = buildTable(SERVERS_OF_POOL.map(({ name }) => ({ name, weight: 1 })));
const nowMs = () => performance.now();
const turn = () => new Promise((resolve) => setImmediate(resolve));

export interface Peer {
  node: InStepNode;
  path: TestDataPath;
  problems: string[];
  /** Until then it does what its thread would do. */
  lives(): Promise<void>;
}

/** Numbers of servers differ from node to node. @param ids by place among the servers */
export function open(
  t: Test,
  paths: readonly PathAddresses[],
  { ids = [0, 1, 2], path = openTestDataPath(), adopted = false } = {},
): Peer {
  const problems: string[] = [];
  let numbers = Math.floor(1e6 * Math.random());
  const link = ordersFor(paths);
  const node = openInStepNode({
    link: { ...link, perPool: SLOTS, settings: { ...link.settings, mostDrifting: SLOTS, settleMs: 0, graceMs: 0 } },
    heldFlows: path.heldFlows,
    goneAfterMs: 0,
    adopted,
    nowMs,
    throttle: openThrottle(nowMs),
    newNumber: () => ++numbers,
    forwardsUntilMs: () => 0,
    event: () => {},
    problem: (text) => problems.push(text),
  });
  t.teardown(() => node.close());
  node.configured(CONFIGURED, seen(ids));
  return {
    node,
    path,
    problems,
    lives: async () => {
      node.readFrames();
      node.work();
      node.tick();
      await turn();
    },
  };
}

export const seen = (ids: readonly number[], gone: readonly string[] = []): ServerSeen[] =>
  SERVERS.map((address, index) => ({ address, id: ids[index] ?? 0, isGone: gone.includes(address) }));

export async function until(peers: readonly Peer[], what: string, condition: () => boolean): Promise<void> {
  for (const endMs = nowMs() + 10_000; !condition(); ) {
    if (nowMs() > endMs) throw new Error(`waited 10 s in vain: ${what}; ${peers.flatMap((each) => each.problems)}`);
    for (const peer of peers) await peer.lives();
  }
}

export const slotsOf = ({ path }: Peer): number[] => [...(path.rows.get(ROW) ?? [])];
export const countsOf = (slots: readonly number[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(slots, String)].map(([content, all]) => [content, all.length]));
export const giveWeights = ({ node }: Peer, ...weights: number[]): void => node.weigh([{ pool: POOL, weights }]);
export const isPlaced = (peer: Peer) => () => !peer.node.work() && slotsOf(peer).length > 0;

export const slotOf = (port: number): number => Math.floor((hashOf(flowFrom(port)) * SLOTS) / 2 ** 32);
export const binding = { serverAddress: SERVERS[0] as Flow['source'], isSettled: true };
/** A SYN that the data path holds. */
export const holdFirstPacket = ({ path }: Peer, port: number): void => {
  const frame = { frame: Buffer.alloc(0), ifindex: 1, tcpFlags: 2, by: 'slot', arrivedNs: 0n } as const;
  path.ring.push({ ...frame, flow: flowFrom(port), slot: slotOf(port), service: 0 });
};

/** One leads with equal weights, and the other has joined. */
export async function pair(t: Test, ids?: number[]): Promise<[Peer, Peer]> {
  const network = await openWire();
  const [one, other] = [open(t, network.one), open(t, network.other, ids && { ids })];
  for (const peer of [one, other]) giveWeights(peer, 1, 1, 1);
  await until([one, other], 'both have their first tables', () => isPlaced(one)() && isPlaced(other)());
  one.node.entered('active', 7);
  other.node.entered('standby', 0);
  other.node.peerLeads(7);
  await until([one, other], 'the pair is in step', () => one.node.isPeerInStep());
  return [one, other];
}

/** A connection of that client port, in the table of a node that leads, at the server in its slot. */
export function connect(peer: Peer, port: number): void {
  const flow = flowFrom(port);
  const server = slotsOf(peer)[slotOf(port)] ?? -1;
  peer.path.live.push({ ...noNumbers(), ...numbersOf(flow), server });
  peer.path.connections.add(nameOfFlow(flow));
}
