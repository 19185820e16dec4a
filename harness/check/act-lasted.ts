import { type ActFilter, actText, findAct, NS_PER_MS, toMs } from './span.ts';
import { type Checker, fail, pass, unknown } from './verdict.ts';

/** What was done took so long at most, from its beginning to its end. */
export function lastedAtMost(options: { act: ActFilter; ms: number }): Checker {
  const { act, ms } = options;
  return (during) => {
    const done = findAct(during, act);
    if (!done) return unknown(`${actText(act)} was not done`);
    if (done.untilNs === undefined) return unknown(`${actText(act)} did not end`, [done]);
    const tookNs = done.untilNs - done.atNs;
    const because = `${actText(act)} took ${toMs(tookNs)}`;
    return tookNs <= ms * NS_PER_MS ? pass(because, [done]) : fail(`${because}; ${ms} ms were allowed`, [done]);
  };
}
