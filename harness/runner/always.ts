import type { TestResult } from '../../reports/run-report.ts';
import { type Exempted, type Exemption, except, exemptedIn, exemptedText } from '../check/invariants/exemption.ts';
import { invariantsOf } from '../check/invariants/index.ts';
import type { Invariant, Setting } from '../check/invariants/invariant.ts';
import type { HistoryEvent } from '../history/event.ts';
import { judge, shown } from './judge.ts';

/** What the invariants must know of a suite beside its history. */
export interface Premises {
  setting: Setting;
  /** What each of its tests breaks on purpose, by title. */
  breaks: Record<string, Exemption[]>;
}

/**
 * Judges every invariant over a suite's whole history, from the first frame of its lab to the last, but for what its tests have
 * said that they break.
 * @param of the suite, the command that runs it again and its files, as reports name them
 */
export function judgeAlways(
  { setting, breaks }: Premises,
  all: readonly HistoryEvent[],
  of: Pick<TestResult, 'suite' | 'runAgain' | 'files'>,
): TestResult[] {
  const exempted = Object.entries(breaks).flatMap(([title, exemptions]) => exemptedIn(all, title, exemptions));
  return invariantsOf(setting).map((invariant) => {
    const broken = exempted.filter((one) => one.invariant === invariant.name);
    return { ...of, ...judgeOne(invariant, setting, broken, all) };
  });
}

function judgeOne(
  { title, proves, claim }: Invariant,
  setting: Setting,
  broken: Exempted[],
  all: readonly HistoryEvent[],
) {
  const began = performance.now();
  const check = shown('from the first frame of the lab to the last', judge(except(broken, claim(setting)), all, all));
  return {
    title,
    proves,
    always: true as const,
    verdict: check.verdict,
    because: check.because,
    checks: [check],
    durationMs: performance.now() - began,
    ...(broken.length > 0 ? { brokenOnPurpose: broken.map(exemptedText) } : {}),
  };
}
