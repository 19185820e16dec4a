import t from 'tap';
import type { HistoryEvent } from '../history/event.ts';
import { verdictOn } from './claim.ts';
import { blindSpot } from './coverage.ts';
import {
  act,
  census,
  counted,
  history,
  logged,
  OVER,
  probe,
  script,
  served,
  standstill,
  testRun,
  told,
  watched,
} from './literal-history.ts';
import { noneLost } from './probes.ts';
import { after, between, findAct, fromTheStart, NS_PER_MS, spanOf } from './span.ts';

const none = noneLost({ atLeast: 1 });
const SEEN = watched('probes', 'client1');
const LOST = probe(100, { outcome: 'lost' });

t.test('a checker can be held to a part of the history', async (t) => {
  t.match(told(between({ fromNs: 101 * NS_PER_MS }, none), SEEN, LOST, probe(200)), /^pass/);
  t.match(told(between({ untilNs: 99 * NS_PER_MS }, none), SEEN, probe(1), LOST), /^pass/);
  t.match(
    told(between({ fromNs: 100 * NS_PER_MS, untilNs: 100 * NS_PER_MS }, none), SEEN, probe(1), LOST),
    /^fail: 1 of 1/,
  );
  const kill: HistoryEvent = { ...act(90, 'kill'), untilNs: 95 * NS_PER_MS };
  t.match(told(after({ what: 'kill' }, none), SEEN, kill, LOST), /^fail/);
  t.match(told(after({ what: 'kill', afterMs: 10 }, none), SEEN, kill, LOST, probe(200)), /^pass/);
  const ofNode = after({ what: 'kill', node: 'nlb1' }, none);
  t.match(told(ofNode, SEEN, act(90, 'kill', 'nlb2'), LOST), /^unknown: "kill" on nlb1 was not done/);
  t.match(told(ofNode, SEEN, act(50, 'stop', 'nlb1'), LOST, act(150, 'kill', 'nlb1'), probe(200)), /^pass/);
  t.match(told(after({ what: 'kill' }, none), SEEN, probe(200)), /^unknown: "kill" was not done/);
});

t.test('a checker can be held to all that was seen since the lab was made', async (t) => {
  const all = history(SEEN, LOST, probe(200));
  const during = all.slice(-1);
  t.equal(verdictOn(none, during, all).verdict, 'pass');
  t.equal(verdictOn(fromTheStart({}, none), during, all).verdict, 'fail');
});

t.test('the span is that of what was done and seen, not of what was read afterwards', async (t) => {
  t.same(spanOf(history(SEEN, probe(2), OVER)), { fromNs: 2 * NS_PER_MS, untilNs: 1000 * NS_PER_MS });
  t.equal(spanOf([SEEN]), undefined);
});

t.test('absence means something only where all was watched and nothing missed', async (t) => {
  const during = history(probe(100), OVER);
  const watch = (fromMs: number, untilMs: number, missed = 0): HistoryEvent => ({
    ...watched('frames', 'access', missed),
    atNs: fromMs * NS_PER_MS,
    untilNs: untilMs * NS_PER_MS,
  });
  const blind = (...watches: HistoryEvent[]) => blindSpot(during, watches, { what: 'frames', where: ['access'] });
  t.equal(blind(watch(0, 1000)), undefined);
  t.equal(blind(watch(500, 1000), watch(0, 500)), undefined, 'one watch may follow another');
  t.match(blind(), /frames of access were not watched/);
  t.match(blind(watched('frames', 'server')), /were not watched/);
  t.match(blind(watched('probes', 'access')), /were not watched/);
  t.match(blind(watch(0, 900)), /were not watched from 900 ms on/);
  t.match(blind(watch(200, 1000)), /were not watched from 100 ms on/);
  t.match(blind(watch(0, 500), watch(600, 1000)), /were not watched from 500 ms on/);
  t.match(blind(watch(0, 1000), watch(0, 1000, 2)), /2 were missed/);
  t.equal(blind(watch(0, 1000), watch(0, 50, 2)), undefined, 'what was missed before does not matter');
  t.match(blindSpot([], [watch(0, 1000)], { what: 'frames', where: ['access'] }), /nothing was recorded/);
});

t.test('what the harness read afterwards does not make a span longer', async (t) => {
  const read = [
    { ...watched('frames', 'access'), atNs: 500 * NS_PER_MS },
    census(500),
    served(500, 'server1', 'a', 'b'),
    script(500, 'nlb1', 'active', 'standby'),
    logged(0, { monotonicMs: 500 }),
    counted(500, 'nlb1', 'beats', {}),
    standstill(500, 510),
    ...testRun('it holds', 500, 510),
  ];
  for (const event of read) {
    const span = spanOf(history(act(10, 'first'), probe(20), event));
    t.same(span, { fromNs: 10 * NS_PER_MS, untilNs: 20 * NS_PER_MS }, event.kind);
  }
  t.equal(spanOf(read), undefined);
});

t.test('an act is found among what else has its words', async (t) => {
  const done = act(10, 'kill', 'nlb1');
  t.equal(findAct(history(counted(5, 'nlb1', 'kill', {}), done), { what: 'kill', node: 'nlb1' }), done);
});
