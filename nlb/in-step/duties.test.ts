import t from 'tap';
import { flowFrom } from '../datapath/kit/held.ts';
import { makeNode } from '../datapath/kit/node.ts';
import { expireAll, withoutSlots } from '../datapath/kit/rig.ts';
import { segment } from '../datapath/kit/send.ts';
import { enterPrivateNamespaces } from '../kernel/private-namespaces.ts';
import { monotonicMs, openTestActive, SERVER0, SERVER1, SLOTS, slotOf } from './test-active.ts';

enterPrivateNamespaces(import.meta.url);
const peers = makeNode(t);

t.test('all slots go to another server: connections stay, new ones follow, and the standby knows of all', async (t) => {
  const active = await openTestActive(t, peers);
  peers.send(segment(4000, 'syn'));
  t.equal(await active.serverOfNext(), SERVER1);
  peers.send(segment(4000, 'ack'));
  t.equal(await active.serverOfNext(), SERVER1);

  active.wish(SERVER0, Array(SLOTS).keys());
  await active.untilHeld(5000);
  peers.send(segment(5000, 'syn'));
  t.equal(await active.serverOfNext(), SERVER0, 'a first packet goes where is wished');
  t.match(active.duties.counts(), { released: 1, notReleased: 0, waiting: 0 });
  const meanwhile = await active.answersOfStandby();
  t.equal(meanwhile(5000), SERVER0, 'and the standby knew it before it went');
  peers.send(segment(4000, 'ack'));
  t.equal(await active.serverOfNext(), SERVER1, 'what is there stays');

  await active.untilCommitted(SERVER0, SLOTS - 1);
  const after = await active.answersOfStandby();
  t.same([after(4000), after(5000), after(6000)], [SERVER1, SERVER0, SERVER0]);
  t.match(active.heldFlows.exceptions.find(flowFrom(4000)), { server: 1, isSettled: true });
  const released = active.duties.counts();
  peers.send(segment(6000, 'syn'));
  t.equal(await active.serverOfNext(), SERVER0);
  t.same(active.duties.counts(), released, 'nothing is held any more');
  t.same(active.problems, []);
});

t.test('an exception goes when its connection is over, and not before', async (t) => {
  const active = await openTestActive(t, peers);
  for (const flag of ['syn', 'ack'] as const) {
    peers.send(segment(4000, flag));
    t.equal(await active.serverOfNext(), SERVER1);
  }
  active.wish(SERVER0, [slotOf(4000)]);
  await active.untilCommitted(SERVER0, slotOf(4000));
  const exception = () => active.heldFlows.exceptions.find(flowFrom(4000));
  const turns = { left: 100 };
  active.duties.review(100);
  await active.until('nothing comes of it', () => turns.left-- === 0);
  t.match(exception(), { server: 1, isSettled: true });
  t.equal((await active.answersOfStandby())(4000), SERVER1);

  const now = active.datapath.actual();
  active.datapath.apply(withoutSlots({ ...now, timeouts: { ...now.timeouts, establishedMs: 0 } }));
  t.equal(expireAll(active.datapath), 1);
  active.duties.review(100);
  await active.until('it is gone', () => exception() === undefined && active.engine.status().exceptions === 0);
  t.equal((await active.answersOfStandby())(4000), SERVER0);
  t.same(active.problems, []);
});

const CHANGES = 40;

t.test('how long first packets wait', async (t) => {
  const active = await openTestActive(t, peers);
  const waited: number[] = [];
  for (let change = 0; change < CHANGES; change++) {
    const [server, port] = [SERVER0, 20_000 + change];
    const before = active.duties.counts().released;
    const slot = slotOf(port);
    active.wish(server, [slot]);
    await active.untilHeld(port);
    const began = monotonicMs();
    peers.send(segment(port, 'syn'));
    t.equal(await active.serverOfNext(), server);
    if (active.duties.counts().released > before) waited.push(monotonicMs() - began);
    await active.untilCommitted(server, slot);
  }
  t.ok(waited.length > CHANGES / 2, `${waited.length} of ${CHANGES} were held`);
  const sorted = waited.toSorted((one, other) => one - other);
  const at = (share: number) => `${(sorted[Math.floor(share * sorted.length)] ?? 0).toFixed(2)} ms`;
  t.comment(`from the client to the server: p50 ${at(0.5)}, most ${at(0.999)}`);
  t.same(active.problems, []);
});
