import t from 'tap';
import type { HistoryEvent } from '../history/event.ts';
import { blindSpot, unlessMissed } from './coverage.ts';
import { act, history, watched } from './literal-history.ts';
import { NS_PER_MS } from './span.ts';
import { type Checker, pass, unknown } from './verdict.ts';

const LAN = { what: 'frames' as const, where: ['access'] };
const DURING = history(act(100, 'first'), act(200, 'last'));
const watch = (
  fromMs: number,
  untilMs: number,
  missed = 0,
  where = 'access',
  what: 'frames' | 'probes' = 'frames',
) => ({
  ...watched(what, where, missed),
  atNs: fromMs * NS_PER_MS,
  untilNs: untilMs * NS_PER_MS,
});

t.test('absence is a fact where all was watched, to what clocks may differ', async (t) => {
  const blind = (...watches: HistoryEvent[]) => blindSpot(DURING, history(DURING, ...watches), LAN);
  t.equal(blind(watch(100, 200)), undefined);
  t.equal(blind(watch(120, 180)), undefined, 'by 20 ms each');
  t.equal(blind(watch(121, 200)), 'frames of access were not watched from 100 ms on, though events go on to 200 ms');
  t.match(blind(watch(100, 179)), /from 179 ms on, though/);
  t.equal(blind(watch(100, 140), watch(160, 200)), undefined, 'and between two');
  t.match(blind(watch(100, 140), watch(161, 200)), /from 140 ms on/);
  t.equal(blind(watch(150, 200), watch(100, 160)), undefined, 'in whichever order they are written down');
  t.equal(blind(watch(100, 180), watch(110, 120)), undefined, 'though one ends within another');
  t.match(blind(watch(100, 200, 0, 'server')), 'frames of access were not watched');
  t.match(blind(watch(100, 200, 0, 'access', 'probes')), 'frames of access were not watched');
  t.equal(blindSpot([], [watch(100, 200)], LAN), 'nothing was recorded');
});

t.test('what was missed counts while it is judged, and at no other time', async (t) => {
  const blind = (...watches: HistoryEvent[]) => blindSpot(DURING, history(DURING, watch(100, 200), ...watches), LAN);
  t.equal(blind(watch(50, 150, 1), watch(150, 200, 2)), 'frames of access were watched, but 3 were missed');
  t.match(blind(watch(0, 100, 1)), /1 were missed/);
  t.equal(blind(watch(0, 99, 1)), undefined);
  t.match(blind(watch(200, 300, 1)), /1 were missed/);
  t.equal(blind(watch(201, 300, 1)), undefined);
});

t.test('who is sure of nothing once some was missed, is so from then on', async (t) => {
  const shows: Checker = () => pass('right', [act(150, 'shown')]);
  const verdict = (checker: Checker, ...watches: HistoryEvent[]) =>
    unlessMissed(LAN, checker)(DURING, history(DURING, ...watches));
  const missed = watch(200, 300, 3);
  t.equal(verdict(shows, watch(0, 300)).because, 'right');
  const unsure = verdict(shows, missed);
  t.equal(unsure.verdict, 'unknown');
  t.equal(unsure.because, 'frames of access were watched, but 3 were missed; otherwise: right');
  t.same(unsure.evidence, [act(150, 'shown'), missed]);
  t.equal(verdict(shows, watch(201, 300, 3)).verdict, 'pass', 'what was missed afterwards is no matter');
  t.equal(verdict(shows, watch(0, 300, 3, 'server')).verdict, 'pass', 'nor what was elsewhere');
  t.equal(verdict(shows, watch(0, 300, 3, 'access', 'probes')).verdict, 'pass', 'nor what was something else');
  t.equal(verdict(() => unknown('dark'), missed).because, 'dark', 'who knew nothing knows no less');
  t.equal(unlessMissed(LAN, shows)([], [missed]).verdict, 'unknown', 'where there is no end, all counts');
});
