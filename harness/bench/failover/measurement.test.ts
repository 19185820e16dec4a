import t from 'tap';
import { tcp } from '../../check/literal-history.ts';
import {
  asked,
  CLIENT,
  claimed,
  ENDPOINTS,
  entersState,
  forwardedByOldActive,
  history,
  injected,
  MACS,
  probe,
  script,
} from './fixtures.ts';
import { measureTrial } from './measurement.ts';

type Events = Parameters<typeof history>;
const read = (...events: Events) => measureTrial(history(...events), ENDPOINTS);
/** Ten milliseconds apart, from 0 on; all answered but those of the given numbers. */
const asking = (count: number, unanswered: number[] = []): Events =>
  Array.from({ length: count }, (_, n) => asked(10 * n, n, unanswered.includes(n) ? undefined : 1));

t.test('silence lasts from the last answered datagram to the next, by their stamps on the client’s port', async (t) => {
  const { sent, lost, outageMs, outageFromMs } = read(injected(31), ...asking(10, [4, 5, 6]));
  t.same({ sent, lost, outageMs, outageFromMs }, { sent: 10, lost: 3, outageMs: 40, outageFromMs: -1 });
});

t.test('nothing lost, and the silence is the prober’s own pace', async (t) => {
  const { lost, outageMs } = read(injected(31), ...asking(10));
  t.same({ lost, outageMs }, { lost: 0, outageMs: 10 });
});

t.test('an answer that comes too late is none', async (t) => {
  const slow = asked(100, 10, 51);
  t.equal(read(injected(31), ...asking(10), slow).lost, 1);
  t.equal(read(injected(31), ...asking(10), asked(100, 10, 49)).lost, 0);
});

t.test('where the client lost what its port was given, the client is believed', async (t) => {
  t.equal(read(injected(31), ...asking(3), probe(10, { protocol: 'udp', outcome: 'lost' })).lost, 1);
});

t.test('an unanswered message of a connection is lost too', async (t) => {
  t.equal(read(injected(31), ...asking(3, [1]), probe(10, { protocol: 'tcp', outcome: 'lost' })).lost, 2);
});

t.test('a connection that is reset is counted once, whoever tells', async (t) => {
  const flow = 'client1.1.0 198.51.100.10:5001 > 203.0.113.10:7';
  const way = { atMs: 40, from: { ...CLIENT, node: 'router' }, to: [CLIENT] };
  const reset = (destinationPort: number) =>
    tcp(way, MACS, {
      source: ENDPOINTS.cluster,
      sourcePort: 7,
      destination: '198.51.100.10',
      destinationPort,
      flags: ['rst'],
    });
  const { resets } = read(injected(31), reset(5001), reset(5002), probe(10, { flow, outcome: 'reset' }));
  t.equal(resets, 2);
});

t.test('what the old active says and forwards counts from the announcement on', async (t) => {
  const told = read(
    injected(31),
    forwardedByOldActive(60),
    claimed(65, 'oldActive'),
    claimed(70, 'newActive'),
    ...asking(3),
  );
  t.same([told.announcedAfterMs, told.framesFromOldActive, told.oldActiveSentForMs], [39, 0, 0]);
  const bad = read(
    injected(31),
    claimed(70, 'newActive'),
    claimed(72, 'oldActive'),
    forwardedByOldActive(75),
    ...asking(3),
  );
  t.same([bad.framesFromOldActive, bad.oldActiveSentForMs], [2, 5]);
});

t.test('what the old active says under a lease that it has regained does not count against it', async (t) => {
  const takeover = [
    injected(31),
    claimed(70, 'newActive'),
    entersState(71, 'oldActive', 'initial', 20),
    ...asking(3),
  ] as const;
  const sent = (...events: Events) => {
    const { framesFromOldActive, framesUnderRegainedLease } = read(...takeover, ...events);
    return [framesFromOldActive, framesUnderRegainedLease];
  };
  const newActiveLeads = entersState(69, 'newActive', 'active');
  const newActiveStalled = entersState(160, 'newActive', 'initial', 40);
  const regained = [newActiveLeads, newActiveStalled, entersState(125, 'oldActive', 'active')];
  t.same(
    sent(...regained, claimed(126, 'oldActive'), forwardedByOldActive(130)),
    [0, 2],
    'the new one stalled, and it led again',
  );
  t.same(sent(...regained, forwardedByOldActive(124.9)), [1, 0], 'not before it led');
  t.same(
    sent(newActiveLeads, newActiveStalled, forwardedByOldActive(130)),
    [1, 0],
    'not without a word of its own log',
  );
  t.same(
    sent(entersState(20, 'oldActive', 'active'), forwardedByOldActive(130)),
    [1, 0],
    'not by the lead that it lost',
  );

  const double = [
    newActiveLeads,
    entersState(160, 'newActive', 'initial', 20),
    entersState(125, 'oldActive', 'active'),
  ];
  t.same(
    sent(...double, forwardedByOldActive(130), forwardedByOldActive(145)),
    [1, 1],
    'not while the new one leads as well',
  );
  t.same(
    sent(...regained, claimed(150, 'newActive'), forwardedByOldActive(151)),
    [1, 0],
    'nor after the new one announced again',
  );

  const over = [...regained, entersState(180, 'oldActive', 'standby')];
  t.same(sent(...over, claimed(181, 'oldActive')), [1, 0], 'who let go of the lead claims the address no more');
  t.same(sent(...over, forwardedByOldActive(181)), [0, 1], 'but forwards until its successor announces');
  t.same(sent(...over, claimed(182, 'newActive'), forwardedByOldActive(183)), [1, 0], 'and not after that');
  const lapsed = [...regained, entersState(180, 'oldActive', 'initial', 30)];
  t.same(
    sent(...lapsed, claimed(145, 'oldActive'), claimed(160, 'oldActive')),
    [1, 1],
    'a lease that it slept through ends in its time',
  );
});

t.test('without an announcement after the fault, nobody took over', async (t) => {
  const { announcedAfterMs, framesFromOldActive } = read(
    claimed(10, 'newActive'),
    injected(31),
    forwardedByOldActive(75),
    ...asking(3),
  );
  t.same([announcedAfterMs, framesFromOldActive], [undefined, 0]);
});

t.test('a change of state counts when it came after the fault', async (t) => {
  const before = script(10, 'nlb1', 'active', 'initial');
  const { changes } = read(before, injected(31), script(50, 'nlb2', 'active', 'standby'), ...asking(3));
  t.same(changes, ['nlb2 standby → active: ']);
});

t.test('a prober is late by what its pauses exceed its pace, from 50 ms before the fault', async (t) => {
  const heldUp = [asked(0, 0, 1), asked(500, 1, 1), asked(510, 2, 1), asked(527, 3, 1)];
  t.equal(read(injected(540), ...heldUp).prober.lateMaxMs, 7);
  t.equal(read(injected(5000), ...heldUp).prober.lateMaxMs, Number.POSITIVE_INFINITY);
});

t.test('without its fault a trial cannot be read', async (t) => {
  t.throws(() => read(...asking(3)), { message: /when the fault was injected/ });
});
