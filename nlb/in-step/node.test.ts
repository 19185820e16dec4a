import t from 'tap';
import { type Flow, nameOfFlow } from '../datapath/specification/flow.ts';
import { isHeld } from '../datapath/tables/slot.ts';
import { openWire } from '../sync/link/test-network.ts';
import type { Configured } from './configured.ts';
import { flowFrom, openTestDataPath } from './test-data-path.ts';
import {
  binding,
  CONFIGURED,
  connect,
  countsOf,
  giveWeights,
  holdFirstPacket,
  isPlaced,
  open,
  POOL,
  pair,
  ROW,
  SERVERS,
  SERVERS_OF_POOL,
  seen,
  slotOf,
  slotsOf,
  table,
  until,
} from './test-node.ts';

t.setTimeout(120_000);

t.test('a server that the standby does not have yet gets nothing there until it has it', async (t) => {
  const [one, other] = await pair(t);
  const four = [...SERVERS_OF_POOL, { name: 'server3', address: '10.77.2.23' }];
  const configured: Configured = { ...CONFIGURED, pools: [{ name: POOL, row: ROW, members: four }] };
  const servers = [...seen([0, 1, 2]), { address: '10.77.2.23', id: 3, isGone: false }];
  one.node.configured(configured, servers);
  giveWeights(one, 1, 1, 1, 1);
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
  other.node.configured({ ...CONFIGURED, pools: [{ name: POOL, row: 5, members: SERVERS_OF_POOL }] }, seen([0, 1, 2]));
  t.same(written.splice(0), ['row 5'], 'another row of the data path');
  t.same(other.path.rows.get(5), slotsOf(one));
  other.node.see(seen([0, 1, 2]).slice(1));
  other.node.configured(
    { ...CONFIGURED, pools: [{ name: POOL, row: 5, members: SERVERS_OF_POOL }] },
    seen([0, 1, 2]).slice(1),
  );
  t.ok(
    other.path.rows.get(5)?.every((id) => id !== 0),
    'a server that is not configured any more has nothing',
  );
  other.node.configured({ ...CONFIGURED, pools: [{ name: POOL, row: 5, members: SERVERS_OF_POOL }] }, seen([7, 1, 2]));
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
    giveWeights(node, 1, 1, 1);
    await until([node], 'placed', isPlaced(node));
    t.same(
      slotsOf(node),
      Array.from(table, (index) => index + 5),
    );
    giveWeights(node, 1, 1, 0);
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

  giveWeights(one, 0, 1, 1);
  await until([one, other], 'some slots are held', () => slotsOf(one).some(isHeld));
  const now = slotsOf(one);
  const port = Array.from({ length: 1000 }, (_, at) => 1000 + at).find((each) => isHeld(now[slotOf(each)] ?? 0)) ?? 0;
  holdFirstPacket(one, port);
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
  giveWeights(one, 0, 1, 1);
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
  giveWeights(one, 0, 1, 1);
  one.node.see(seen([0, 1, 2], [SERVERS[0] ?? '']));
  await until([one, other], 'it has no slot', () => slotsOf(one).every((id) => id === 1 || id === 2));
  t.match(other.node.status().exceptions, 0, 'its slots are not walked');
  one.node.see(seen([4, 1, 2]));
  giveWeights(one, 1, 1, 1);
  await until(
    [one, other],
    'it has its share',
    () => countsOf(slotsOf(one))[4] === 21_846 || countsOf(slotsOf(one))[4] === 21_845,
  );
  t.same([...one.problems, ...other.problems], []);
});

t.test('a server that is taken out of the configuration while it is to get more has nothing soon', async (t) => {
  const [one, other] = await pair(t);
  giveWeights(one, 8, 1, 1);
  await until([one, other], 'a change is under way', () => slotsOf(one).some(isHeld));
  const two = SERVERS_OF_POOL.slice(1);
  const configured: Configured = { ...CONFIGURED, pools: [{ name: POOL, row: ROW, members: two }] };
  for (const { node } of [other, one]) node.configured(configured, seen([0, 1, 2]).slice(1));
  giveWeights(one, 1, 1);
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
  giveWeights(before, 3, 1, 1);
  await until([before], 'placed', isPlaced(before));
  const left = slotsOf(before);
  path.heldFlows.exceptions.put(flowFrom(1), {
    server: 2,
    serverAddress: SERVERS[2] as Flow['source'],
    isSettled: true,
  });
  path.connections.add(nameOfFlow(flowFrom(1)));
  const after = open(t, (await openWire()).one, { path, adopted: true });
  giveWeights(after, 1, 1, 1);
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
  giveWeights(one, 0, 1, 1);
  await until([one, other], 'some slots are held', () => slotsOf(one).some(isHeld));
  const now = slotsOf(one);
  const port = Array.from({ length: 1000 }, (_, at) => 1000 + at).find((each) => isHeld(now[slotOf(each)] ?? 0)) ?? 0;
  holdFirstPacket(one, port);
  await until([one, other], 'it is not in step', () => !one.node.isPeerInStep());
  t.match(other.node.status(), { part: 'neither', isInStep: false });
  t.same(other.problems, ['cannot be in step, until another node leads: the table is full']);
  await until([one, other], 'the packet goes on, alone', () => one.path.released.length === 1);
});
