import type { TestResult } from '../../reports/run-report.ts';
import type { Claim } from '../check/claim.ts';
import type { DeclaredDrops } from '../check/invariants/declared-drops.ts';
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
  /** What each of its tests has dropped on purpose, by title; absent where a run has stored none. */
  drops?: DeclaredDrops;
  /** Invariants of which the system under test has nothing to show, by name, with its reason. */
  unshown: Record<string, string>;
}

/**
 * Judges every invariant over a suite's whole history, from the first frame of its lab to the last, but for what its tests have
 * said that they break, and what the system has nothing to show of.
 * @param of the suite, the command that runs it again and its files, as reports name them
 */
export function judgeAlways(
  { setting, breaks, drops = {}, unshown }: Premises,
  all: readonly HistoryEvent[],
  of: Pick<TestResult, 'suite' | 'runAgain' | 'files'>,
): TestResult[] {
  const exempted = Object.entries(breaks).flatMap(([title, exemptions]) => exemptedIn(all, title, exemptions));
  return invariantsOf(setting).map((invariant) => {
    const because = unshown[invariant.name];
    if (because !== undefined) return { ...of, ...skipped(invariant, because) };
    const broken = exempted.filter((one) => one.invariant === invariant.name);
    return { ...of, ...judgeOne(invariant, invariant.claim(setting, drops), broken, all) };
  });
}

const skipped = ({ title, proves }: Invariant, because: string) => ({
  title,
  proves,
  always: true as const,
  verdict: 'skip' as const,
  because,
  checks: [],
  durationMs: 0,
});

function judgeOne({ title, proves }: Invariant, claim: Claim, broken: Exempted[], all: readonly HistoryEvent[]) {
  const began = performance.now();
  const check = shown('from the first frame of the lab to the last', judge(except(broken, claim), all, all));
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
