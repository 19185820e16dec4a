import t from 'tap';
import { BOUNDS, type Bound } from './bound.ts';
import { trial } from './fixtures.ts';
import type { Trial } from './trial.ts';

/** No takeover: the member must be absent, not undefined. */
function calm(but: Partial<Trial> = {}): Trial {
  const { announcedAfterMs: _, ...rest } = trial(but);
  return rest;
}

t.test('each bound is met by what it allows, and names each thing that it forbids', async (t) => {
  const { nothingLost, nothingLostNorReset, outageWithinMs, outageWithinMsAndFenced, noTakeover, nothingHappens } =
    BOUNDS;
  const table: [Bound, Trial, string[]][] = [
    [nothingLost, trial({ outageMs: 900 }), []],
    [nothingLost, trial({ lost: 1 }), ['1 probes lost in 1 trials']],
    [nothingLost, calm(), ['1 times nobody took over in 1 trials']],
    [nothingLostNorReset, trial(), []],
    [nothingLostNorReset, trial({ resets: 2 }), ['2 connections reset in 1 trials']],
    [nothingLostNorReset, trial({ lost: 3 }), ['3 probes lost in 1 trials']],
    [outageWithinMs, trial({ lost: 40, outageMs: 50 }), []],
    [outageWithinMs, trial({ outageMs: 50.1 }), ['p99 of the outage is 50.1 ms']],
    [outageWithinMs, calm(), ['1 times nobody took over in 1 trials']],
    [outageWithinMsAndFenced, trial({ outageMs: 50 }), []],
    [
      outageWithinMsAndFenced,
      trial({ framesFromOldActive: 1 }),
      ['1 frames of the old one after the announcement in 1 trials'],
    ],
    [outageWithinMsAndFenced, trial({ outageMs: 51 }), ['p99 of the outage is 51.0 ms']],
    [noTakeover, calm(), []],
    [noTakeover, trial(), ['1 takeovers in 1 trials']],
    [noTakeover, calm({ lost: 1 }), ['1 probes lost in 1 trials']],
    [nothingHappens, calm(), []],
    [nothingHappens, calm({ changes: ['nlb2 standby → inop: '] }), ['1 changes of state in 1 trials']],
    [nothingHappens, trial({ lost: 1 }), ['1 takeovers in 1 trials', '1 probes lost in 1 trials']],
  ];
  for (const [bound, one, expected] of table) t.same(bound.violated([one]), expected, bound.label);
});

t.test(
  'one bad trial of a hundred is enough where none is allowed, and one silence is not where p99 is meant',
  async (t) => {
    const all = (odd: Trial) => [...Array.from({ length: 99 }, () => trial()), odd];
    t.same(BOUNDS.nothingLost.violated(all(trial({ lost: 2 }))), ['2 probes lost in 1 trials']);
    t.same(BOUNDS.outageWithinMs.violated(all(trial({ outageMs: 80 }))), []);
    t.same(BOUNDS.outageWithinMs.violated(all(trial({ outageMs: 80 })).slice(1)), ['p99 of the outage is 80.0 ms']);
  },
);
