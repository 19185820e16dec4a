import t from 'tap';
import { type HoldDown, holdDownFrom, noHoldDown } from './hold-down.ts';

const times = { holdDownMs: 1000, holdDownMaxMs: 8000 };

/** For how long each of these leads is held down. */
function holds(leadsAtMs: readonly number[]): number[] {
  let holdDown: HoldDown = noHoldDown(0);
  return leadsAtMs.map((atMs) => {
    holdDown = holdDownFrom(holdDown, atMs, times);
    return holdDown.untilMs - atMs;
  });
}

t.test('each lead that follows soon doubles the hold-down, up to its longest; calm brings it back', async (t) => {
  const cases: [what: string, leadsAtMs: number[], holdsMs: number[]][] = [
    ['the first', [0], [1000]],
    ['one after the other', [0, 100, 200, 300, 400], [1000, 2000, 4000, 8000, 8000]],
    ['just within twice the longest', [0, 15_999], [1000, 2000]],
    ['after calm', [0, 16_000], [1000, 1000]],
    ['one is forgotten, one is not', [0, 10_000, 17_000], [1000, 2000, 2000]],
  ];
  for (const [what, leadsAtMs, holdsMs] of cases) t.same(holds(leadsAtMs), holdsMs, what);
});

t.test('what is remembered is bounded', async (t) => {
  let holdDown = noHoldDown(0);
  for (let atMs = 0; atMs < 1000; atMs++) holdDown = holdDownFrom(holdDown, atMs, times);
  t.equal(holdDown.leads.length, 32);
});
