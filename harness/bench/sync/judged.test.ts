import t from 'tap';
import { history, probe, tcp } from '../../check/literal-history.ts';
import { NS_PER_MS } from '../../check/span.ts';
import type { ProbeEnded } from '../../history/event.ts';
import { judgeTakeover } from './judged.ts';
import { whyDiscarded } from './takeover.ts';

const CLIENT = { lan: 'internet', node: 'client1', leg: 'internet' };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:02' };
const [CLUSTER, ADDRESS] = ['203.0.113.10', '198.51.100.10'];

/** A connection of that port of the client is established at that instant. */
function established(atMs: number, port: number) {
  const way = { atMs, from: { ...CLIENT, node: 'router' }, to: [CLIENT] };
  const ends = { source: CLUSTER, sourcePort: 7, destination: ADDRESS, destinationPort: port };
  return tcp(way, MACS, { ...ends, flags: ['syn', 'ack'] });
}

/** One message of it, sent then and answered a millisecond later, if it is. */
function message(atMs: number, port: number, outcome: ProbeEnded['outcome'] = 'answered') {
  const flow = `client1.1.0 ${ADDRESS}:${port} > ${CLUSTER}:7`;
  const answered = outcome === 'answered' ? { answeredNs: (atMs + 1) * NS_PER_MS } : {};
  return probe(atMs, { protocol: 'tcp', flow, outcome, ...answered });
}

/** The active is struck at 100 ms, and the other one announces that it leads at 150 ms. */
const judged = (...events: Parameters<typeof history>) =>
  judgeTakeover(history(...events), { client: CLIENT, injectedNs: 100 * NS_PER_MS, takenOverNs: 150 * NS_PER_MS });

t.test('a connection that is answered afterwards has survived, and those of the last 50 ms are counted', async (t) => {
  const events = [
    established(40, 5001),
    established(60, 5002),
    message(200, 5001),
    message(120, 5002),
    message(190, 5002),
  ];
  t.same(judged(...events), { connections: 2, fresh: 1, lost: [] });
});

t.test('one that is reset is lost, also where it was answered before; so is one that nobody answers', async (t) => {
  const events = [
    established(40, 5001),
    message(160, 5001),
    message(200, 5001, 'reset'),
    established(99, 5002),
    message(120, 5002),
  ];
  t.same(judged(...events), {
    connections: 2,
    fresh: 1,
    lost: [
      { port: 5001, ageMs: 60, how: 'reset' },
      { port: 5002, ageMs: 1, how: 'not answered any more' },
    ],
  });
});

t.test(
  'what was established later, or never, is not of this takeover; a SYN-ACK that is sent again begins nothing anew',
  async (t) => {
    const later = [established(101, 5001), message(200, 5001, 'reset'), message(200, 5002, 'reset')];
    t.same(judged(...later), { connections: 0, fresh: 0, lost: [] });
    const again = [established(10, 5001), established(90, 5001), message(200, 5001)];
    t.same(judged(...again), { connections: 1, fresh: 0, lost: [] });
  },
);

t.test('where nobody took over, every connection is lost', async (t) => {
  const events = history(established(40, 5001), message(200, 5001));
  const { lost } = judgeTakeover(events, { client: CLIENT, injectedNs: 1e8, takenOverNs: undefined });
  t.same(lost, [{ port: 5001, ageMs: 60, how: 'not answered any more' }]);
});

t.test('a takeover does not count where it did not try what it was to try', async (t) => {
  t.equal(whyDiscarded({ fresh: 100, dropped: 0, changes: 6 }), undefined);
  t.match(whyDiscarded({ fresh: 99, dropped: 0, changes: 6 }), /^99 connections/);
  t.match(whyDiscarded({ fresh: 100, dropped: 3, changes: 6 }), /capture lost 3/);
  t.match(whyDiscarded({ fresh: 100, dropped: 0, changes: 5 }), /weights changed 5 times/);
  t.match(whyDiscarded({ fresh: 100, dropped: 0, changes: 6, wasInStep: false }), /not in step/);
});
