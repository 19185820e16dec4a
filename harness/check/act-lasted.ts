import { checker } from './claim.ts';
import { type ActFilter, actText, findAct, toMs } from './span.ts';
import { isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** What was done took so long at most, from its beginning to its end. */
export const lastedAtMost = checker(function lastedAtMost(options: { act: ActFilter; ms: number }) {
  const { act, ms } = options;
  return (during, all = during) => {
    const done = findAct(during, act);
    if (!done) return unknown(`${actText(act)} was not done`);
    if (done.untilNs === undefined) return unknown(`${actText(act)} did not end`, [done]);
    const because = `${actText(act)} took ${toMs(ranNs(all, done.atNs, done.untilNs))}`;
    return isWithin(all, done.atNs, done.untilNs, ms)
      ? pass(because, [done])
      : fail(`${because}; ${ms} ms were allowed`, [done]);
  };
});
