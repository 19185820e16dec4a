import t from 'tap';
import { tcp } from '../../check/literal-history.ts';
import {
  asked,
  CAST,
  CLIENT,
  claimed,
  entersState,
  forwardedByOld,
  history,
  MACS,
  probe,
  script,
  struck,
} from './fixtures.ts';
import { readTrial } from './measurement.ts';

type Events = Parameters<typeof history>;
const read = (...events: Events) => readTrial(history(...events), CAST);
/** Ten milliseconds apart, from 0 on; all answered but those of the given numbers. */
const asking = (count: number, unanswered: number[] = []): Events =>
  Array.from({ length: count }, (_, n) => asked(10 * n, n, unanswered.includes(n) ? undefined : 1));

t.test('silence lasts from the last answered datagram to the next, by their stamps on the client’s port', async (t) => {
  const { sent, lost, silentMs, silentFromMs } = read(struck(31), ...asking(10, [4, 5, 6]));
  t.same({ sent, lost, silentMs, silentFromMs }, { sent: 10, lost: 3, silentMs: 40, silentFromMs: -1 });
});

t.test('nothing lost, and the silence is the prober’s own pace', async (t) => {
  const { lost, silentMs } = read(struck(31), ...asking(10));
  t.same({ lost, silentMs }, { lost: 0, silentMs: 10 });
});

t.test('an answer that comes too late is none', async (t) => {
  const slow = asked(100, 10, 51);
  t.equal(read(struck(31), ...asking(10), slow).lost, 1);
  t.equal(read(struck(31), ...asking(10), asked(100, 10, 49)).lost, 0);
});

t.test('where the client lost what its port was given, the client is believed', async (t) => {
  t.equal(read(struck(31), ...asking(3), probe(10, { protocol: 'udp', outcome: 'lost' })).lost, 1);
});

t.test('an unanswered message of a connection is lost too', async (t) => {
  t.equal(read(struck(31), ...asking(3, [1]), probe(10, { protocol: 'tcp', outcome: 'lost' })).lost, 2);
});

t.test('a connection that is reset is counted once, whoever tells', async (t) => {
  const flow = 'client1.1.0 198.51.100.10:5001 > 203.0.113.10:7';
  const way = { atMs: 40, from: { ...CLIENT, node: 'router' }, to: [CLIENT] };
  const reset = (destinationPort: number) =>
    tcp(way, MACS, {
      source: CAST.cluster,
      sourcePort: 7,
      destination: '198.51.100.10',
      destinationPort,
      flags: ['rst'],
    });
  const { resets } = read(struck(31), reset(5001), reset(5002), probe(10, { flow, outcome: 'reset' }));
  t.equal(resets, 2);
});

t.test('what the old active says and forwards counts from the announcement on', async (t) => {
  const told = read(struck(31), forwardedByOld(60), claimed(65, 'old'), claimed(70, 'fresh'), ...asking(3));
  t.same([told.announcedAfterMs, told.oldSpoke, told.oldSpokeForMs], [39, 0, 0]);
  const bad = read(struck(31), claimed(70, 'fresh'), claimed(72, 'old'), forwardedByOld(75), ...asking(3));
  t.same([bad.oldSpoke, bad.oldSpokeForMs], [2, 5]);
});

t.test('what the old active says under a lease that it has regained does not count against it', async (t) => {
  const takeover = [struck(31), claimed(70, 'fresh'), entersState(71, 'old', 'initial', 20), ...asking(3)] as const;
  const spoke = (...events: Events) => {
    const { oldSpoke, oldLed } = read(...takeover, ...events);
    return [oldSpoke, oldLed];
  };
  const freshLeads = entersState(69, 'fresh', 'active');
  const freshStalled = entersState(160, 'fresh', 'initial', 40);
  const regained = [freshLeads, freshStalled, entersState(125, 'old', 'active')];
  t.same(spoke(...regained, claimed(126, 'old'), forwardedByOld(130)), [0, 2], 'the new one stalled, and it led again');
  t.same(spoke(...regained, forwardedByOld(124.9)), [1, 0], 'not before it led');
  t.same(spoke(freshLeads, freshStalled, forwardedByOld(130)), [1, 0], 'not without a word of its own log');
  t.same(spoke(entersState(20, 'old', 'active'), forwardedByOld(130)), [1, 0], 'not by the lead that it lost');

  const double = [freshLeads, entersState(160, 'fresh', 'initial', 20), entersState(125, 'old', 'active')];
  t.same(spoke(...double, forwardedByOld(130), forwardedByOld(145)), [1, 1], 'not while the new one leads as well');
  t.same(
    spoke(...regained, claimed(150, 'fresh'), forwardedByOld(151)),
    [1, 0],
    'nor after the new one announced again',
  );

  const over = [...regained, entersState(180, 'old', 'standby')];
  t.same(spoke(...over, claimed(181, 'old')), [1, 0], 'who let go of the lead claims the address no more');
  t.same(spoke(...over, forwardedByOld(181)), [0, 1], 'but forwards until its successor announces');
  t.same(spoke(...over, claimed(182, 'fresh'), forwardedByOld(183)), [1, 0], 'and not after that');
  const lapsed = [...regained, entersState(180, 'old', 'initial', 30)];
  t.same(
    spoke(...lapsed, claimed(145, 'old'), claimed(160, 'old')),
    [1, 1],
    'a lease that it slept through ends in its time',
  );
});

t.test('without an announcement after the fault, nobody took over', async (t) => {
  const { announcedAfterMs, oldSpoke } = read(claimed(10, 'fresh'), struck(31), forwardedByOld(75), ...asking(3));
  t.same([announcedAfterMs, oldSpoke], [undefined, 0]);
});

t.test('a change of state counts when it came after the fault', async (t) => {
  const before = script(10, 'nlb1', 'active', 'initial');
  const { changes } = read(before, struck(31), script(50, 'nlb2', 'active', 'standby'), ...asking(3));
  t.same(changes, ['nlb2 standby → active: ']);
});

t.test('a prober is late by what its pauses exceed its pace, from 50 ms before the fault', async (t) => {
  const heldUp = [asked(0, 0, 1), asked(500, 1, 1), asked(510, 2, 1), asked(527, 3, 1)];
  t.equal(read(struck(540), ...heldUp).prober.lateMaxMs, 7);
  t.equal(read(struck(5000), ...heldUp).prober.lateMaxMs, Number.POSITIVE_INFINITY);
});

t.test('without its fault a trial cannot be read', async (t) => {
  t.throws(() => read(...asking(3)), { message: /when the fault struck/ });
});
