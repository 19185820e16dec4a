import t, { type Test } from 'tap';
import { buildTable } from '../balance/maglev.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import { type Flow, hashOf, nameOfFlow, numbersOf, PROTOCOL } from '../datapath/specification/flow.ts';
import { noNumbers } from '../datapath/tables/connection-numbers.ts';
import { isHeld } from '../datapath/tables/slot.ts';
import type { PathAddresses } from '../sync/link/socket.ts';
import { openWire } from '../sync/link/test-network.ts';
import { ordersFor } from '../sync/link/test-pair.ts';
import type { Configured, ServerSeen } from './configured.ts';
import { type InStepNode, openInStepNode } from './node.ts';
import { openTestDataPath, type TestDataPath } from './test-data-path.ts';
import { openThrottle } from './throttle.ts';

const { SELECTION_SLOTS: SLOTS } = CONSTANTS;
const POOL = 'tcp 203.0.113.1:80';
const ROW = 3;
const SERVERS = ['10.77.2.20', '10.77.2.21', '10.77.2.22'];
const members = SERVERS.map((address, index) => ({ name: `server${index}`, address }));
const CONFIGURED: Configured = {
  pools: [{ name: POOL, row: ROW, members }],
  services: [{ number: 0, protocol: 'tcp', address: '203.0.113.1', port: 80, pool: POOL }],
};
const table = buildTable(members.map(({ name }) => ({ name, weight: 1 })));
t.setTimeout(120_000);

const nowMs = () => performance.now();
const turn = () => new Promise((resolve) => setImmediate(resolve));

interface Peer {
  node: InStepNode;
  path: TestDataPath;
  problems: string[];
  /** Until then it does what its thread would do. */
  lives(): Promise<void>;
}

/** Numbers of servers differ from node to node. @param ids by place among the servers */
function open(
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

const seen = (ids: readonly number[], gone: readonly string[] = []): ServerSeen[] =>
  SERVERS.map((address, index) => ({ address, id: ids[index] ?? 0, isGone: gone.includes(address) }));

async function until(peers: readonly Peer[], what: string, condition: () => boolean): Promise<void> {
  for (const endMs = nowMs() + 10_000; !condition(); ) {
    if (nowMs() > endMs) throw new Error(`waited 10 s in vain: ${what}; ${peers.flatMap((each) => each.problems)}`);
    for (const peer of peers) await peer.lives();
  }
}

const slotsOf = ({ path }: Peer): number[] => [...(path.rows.get(ROW) ?? [])];
const countsOf = (slots: readonly number[]): Record<string, number> =>
  Object.fromEntries([...Map.groupBy(slots, String)].map(([content, all]) => [content, all.length]));
const weigh = ({ node }: Peer, ...weights: number[]): void => node.weigh([{ pool: POOL, weights }]);
const isPlaced = (peer: Peer) => () => !peer.node.work() && slotsOf(peer).length > 0;

const flowFrom = (port: number): Flow => ({
  protocol: PROTOCOL.tcp,
  source: '198.51.100.2' as Flow['source'],
  destination: '203.0.113.1' as Flow['destination'],
  sourcePort: port,
  destinationPort: 80,
});
const slotOf = (port: number): number => Math.floor((hashOf(flowFrom(port)) * SLOTS) / 2 ** 32);
const binding = { serverAddress: SERVERS[0] as Flow['source'], isSettled: true };
/** A SYN that the data path holds. */
const holdSyn = ({ path }: Peer, port: number): void => {
  const frame = { frame: Buffer.alloc(0), ifindex: 1, tcpFlags: 2, by: 'slot', arrivedNs: 0n } as const;
  path.ring.push({ ...frame, flow: flowFrom(port), slot: slotOf(port), service: 0 });
};

/** One leads with equal weights, and the other has joined. */
async function pair(t: Test, ids?: number[]): Promise<[Peer, Peer]> {
  const network = await openWire();
  const [one, other] = [open(t, network.one), open(t, network.other, ids && { ids })];
  for (const peer of [one, other]) weigh(peer, 1, 1, 1);
  await until([one, other], 'both have their first tables', () => isPlaced(one)() && isPlaced(other)());
  one.node.entered('active', 7);
  other.node.entered('standby', 0);
  other.node.peerLeads(7);
  await until([one, other], 'the pair is in step', () => one.node.isPeerInStep());
  return [one, other];
}

/** A connection of that client port, in the table of a node that leads, at the server in its slot. */
function connect(peer: Peer, port: number): void {
  const flow = flowFrom(port);
  const server = slotsOf(peer)[slotOf(port)] ?? -1;
  peer.path.live.push({ ...noNumbers(), ...numbersOf(flow), server });
  peer.path.connections.add(nameOfFlow(flow));
}

t.test('a server that the standby does not have yet gets nothing there until it has it', async (t) => {
  const [one, other] = await pair(t);
  const four = [...members, { name: 'server3', address: '10.77.2.23' }];
  const configured: Configured = { ...CONFIGURED, pools: [{ name: POOL, row: ROW, members: four }] };
  const servers = [...seen([0, 1, 2]), { address: '10.77.2.23', id: 3, isGone: false }];
  one.node.configured(configured, servers);
  weigh(one, 1, 1, 1, 1);
  await until([one, other], 'it waits', () => one.node.status().peerLacksServers);
  for (let turns = 0; turns < 200; turns++) for (const peer of [one, other]) await peer.lives();
  t.notOk(slotsOf(one).includes(3));
  other.node.configured(configured, servers);
  await until([one, other], 'both have it', () => slotsOf(one).includes(3) && slotsOf(other).includes(3));
  t.notOk(one.node.status().peerLacksServers);
});

t.test('a reload of a standby writes the slots whose pools or servers are others, and nothing else', async (t) => {
  const [one, other] = await pair(t);
  const { heldFlows } = other.path;
  const written: string[] = [];
  const { putRow } = heldFlows;
  const { putAll } = heldFlows.exceptions;
  heldFlows.putRow = (row, slots) => {
    written.push(`row ${row}`);
    putRow(row, slots);
  };
  heldFlows.exceptions.putAll = (some) => {
    written.push(...some.map(([flow]) => nameOfFlow(flow)));
    putAll(some);
  };
  other.node.configured(CONFIGURED, seen([0, 1, 2]));
  t.same(written.splice(0), [], 'the same again');
  other.node.configured({ ...CONFIGURED, pools: [{ name: POOL, row: 5, members }] }, seen([0, 1, 2]));
  t.same(written.splice(0), ['row 5'], 'another row of the data path');
  t.same(other.path.rows.get(5), slotsOf(one));
  other.node.see(seen([0, 1, 2]).slice(1));
  other.node.configured({ ...CONFIGURED, pools: [{ name: POOL, row: 5, members }] }, seen([0, 1, 2]).slice(1));
  t.ok(
    other.path.rows.get(5)?.every((id) => id !== 0),
    'a server that is not configured any more has nothing',
  );
  other.node.configured({ ...CONFIGURED, pools: [{ name: POOL, row: 5, members }] }, seen([7, 1, 2]));
  t.same(
    other.path.rows.get(5),
    slotsOf(one).map((id) => (id === 0 ? 7 : id)),
    'and has what it had, when it is',
  );
});

t.test('both nodes say where connections go, by their data paths (HA-22)', async (t) => {
  const [one, other] = await pair(t, [7, 8, 9]);
  for (const port of [1001, 1002, 1003]) connect(one, port);
  const compared = async () => {
    t.ok(one.node.compare());
    await until([one, other], 'compared', () => !one.node.isComparing());
    return one.node.status().compared;
  };
  t.match(await compared(), { same: 3, different: 0, unanswered: 0, flows: [] });
  const content = other.path.rows.get(ROW);
  if (content) content[slotOf(1002)] = content[slotOf(1002)] === 7 ? 8 : 7;
  const name = 'tcp 198.51.100.2:1002 > 203.0.113.1:80';
  t.match(await compared(), { same: 2, different: 1, unanswered: 0, flows: [name] });
  const server = one.path.live[1]?.server ?? 0;
  other.path.heldFlows.exceptions.put(flowFrom(1002), { ...binding, server: 7 + server });
  t.match(await compared(), { same: 3, different: 0 }, 'an exception beats the slot');
  t.notOk(other.node.compare(), 'a node that does not lead has nobody to ask');
});

t.test(
  'before a node has led or joined, its data path has what is wished, and at first what both would make',
  async (t) => {
    const network = await openWire();
    const node = open(t, network.one, { ids: [5, 6, 7] });
    weigh(node, 1, 1, 1);
    await until([node], 'placed', isPlaced(node));
    t.same(
      slotsOf(node),
      Array.from(table, (index) => index + 5),
    );
    weigh(node, 1, 1, 0);
    await until([node], 'placed again', isPlaced(node));
    const after = slotsOf(node);
    t.same(countsOf(after), { 5: 32_769, 6: 32_768 });
    t.ok(
      after.every((id, slot) => id === (table[slot] ?? 0) + 5 || table[slot] === 2),
      'nobody but the third gave slots away',
    );
    t.same(node.problems, []);
  },
);

t.test('a node that joins has the slots and exceptions of the one that leads, under its own numbers', async (t) => {
  const [one, other] = await pair(t, [11, 12, 13]);
  t.same(
    slotsOf(other),
    Array.from(table, (index) => index + 11),
  );

  weigh(one, 0, 1, 1);
  await until([one, other], 'some slots are held', () => slotsOf(one).some(isHeld));
  const now = slotsOf(one);
  const port = Array.from({ length: 1000 }, (_, at) => 1000 + at).find((each) => isHeld(now[slotOf(each)] ?? 0)) ?? 0;
  holdSyn(one, port);
  await until([one, other], 'it goes on', () => one.path.released.length === 1);
  const placed = one.path.heldFlows.exceptions.find(flowFrom(port));
  t.match(other.path.heldFlows.exceptions.find(flowFrom(port)), {
    serverAddress: placed?.serverAddress,
    server: (placed?.server ?? 0) + 11,
    isSettled: true,
  });
  await until(
    [one, other],
    'all is committed',
    () => !slotsOf(one).some(isHeld) && slotsOf(one).every((id) => id !== 0),
  );
  const committed = slotsOf(one);
  await until([one, other], 'and known', () => slotsOf(other).every((id, slot) => id === (committed[slot] ?? 0) + 11));
  t.same([...one.problems, ...other.problems], []);
});

t.test('the node that takes over goes on from there, and the one that led joins it, with nothing held', async (t) => {
  const [one, other] = await pair(t);
  weigh(one, 0, 1, 1);
  await until([one, other], 'some slots are held', () => slotsOf(one).some(isHeld));
  one.path.connections.add('some');
  one.node.entered('standby', 0);
  t.notOk(slotsOf(one).some(isHeld), 'whoever leads no more holds nothing');
  other.node.peerLeads(0);
  other.node.entered('active', 8);
  one.node.peerLeads(8);
  await until([one, other], 'the pair is in step again', () => other.node.isPeerInStep());
  t.same(one.path.connections, new Set(), 'whoever joins has no connections');
  t.same(slotsOf(one), slotsOf(other));
  t.match([one.node.status(), other.node.status()], [{ part: 'joined' }, { part: 'leads', isInStep: true }]);
  t.same([...one.problems, ...other.problems], []);
});

t.test('a server that is gone has no slot, and is back under another number', async (t) => {
  const [one, other] = await pair(t);
  weigh(one, 0, 1, 1);
  one.node.see(seen([0, 1, 2], [SERVERS[0] ?? '']));
  await until([one, other], 'it has no slot', () => slotsOf(one).every((id) => id === 1 || id === 2));
  t.match(other.node.status().exceptions, 0, 'its slots are not walked');
  one.node.see(seen([4, 1, 2]));
  weigh(one, 1, 1, 1);
  await until(
    [one, other],
    'it has its share',
    () => countsOf(slotsOf(one))[4] === 21_846 || countsOf(slotsOf(one))[4] === 21_845,
  );
  t.same([...one.problems, ...other.problems], []);
});

t.test('a server that is taken out of the configuration while it is to get more has nothing soon', async (t) => {
  const [one, other] = await pair(t);
  weigh(one, 8, 1, 1);
  await until([one, other], 'a change is under way', () => slotsOf(one).some(isHeld));
  const two = members.slice(1);
  const configured: Configured = { ...CONFIGURED, pools: [{ name: POOL, row: ROW, members: two }] };
  for (const { node } of [other, one]) node.configured(configured, seen([0, 1, 2]).slice(1));
  weigh(one, 1, 1);
  const isDone = () => {
    const { slots } = one.node.status();
    return slots.drifting === 0 && slots.setting === 0 && slotsOf(one).every((id) => id === 1 || id === 2);
  };
  await until([one, other], 'the two others have all slots, and none is held', isDone);
  t.same(slotsOf(other), slotsOf(one));
});

t.test('a node that is started again on its tables leads with what they have', async (t) => {
  const network = await openWire();
  const path = openTestDataPath();
  const before = open(t, network.one, { path });
  weigh(before, 3, 1, 1);
  await until([before], 'placed', isPlaced(before));
  const left = slotsOf(before);
  path.heldFlows.exceptions.put(flowFrom(1), {
    server: 2,
    serverAddress: SERVERS[2] as Flow['source'],
    isSettled: true,
  });
  path.connections.add(nameOfFlow(flowFrom(1)));
  const after = open(t, (await openWire()).one, { path, adopted: true });
  weigh(after, 1, 1, 1);
  for (let turns = 0; turns < 20; turns++) await after.lives();
  t.same(slotsOf(after), left, 'nothing changes before it leads');
  after.node.entered('active', 9);
  await until(
    [after],
    'weights count',
    () => countsOf(slotsOf(after))[0] === 21_846 || countsOf(slotsOf(after))[0] === 21_845,
  );
  t.equal(after.node.status().exceptions, 1);
  t.same(after.problems, []);
});

t.test('a standby that cannot write what it is told acknowledges nothing more, and says so', async (t) => {
  const [one, other] = await pair(t);
  other.path.heldFlows.exceptions.putAll = () => {
    throw new Error('the table is full');
  };
  weigh(one, 0, 1, 1);
  await until([one, other], 'some slots are held', () => slotsOf(one).some(isHeld));
  const now = slotsOf(one);
  const port = Array.from({ length: 1000 }, (_, at) => 1000 + at).find((each) => isHeld(now[slotOf(each)] ?? 0)) ?? 0;
  holdSyn(one, port);
  await until([one, other], 'it is not in step', () => !one.node.isPeerInStep());
  t.match(other.node.status(), { part: 'neither', isInStep: false });
  t.same(other.problems, ['cannot be in step, until another node leads: the table is full']);
  await until([one, other], 'the packet goes on, alone', () => one.path.released.length === 1);
});
