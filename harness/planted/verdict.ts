import { isAbout } from '../../reports/proof.ts';
import type { TestResult } from '../../reports/run-report.ts';

/** A claim that failed. */
export interface Failure {
  suite: string;
  /** Of the test, or of the invariant. */
  title: string;
  claim: string;
  because: string;
  proves: string[];
  /** Whether it is judged in every suite. */
  always: boolean;
}

export type Word = 'caught' | 'caught elsewhere' | 'missed' | 'not run';

export interface BugVerdict {
  verdict: Word;
  /** What caught it: claims that prove the requirement where it was caught, else others. */
  by: Failure[];
  /** Where it was not caught: what else there is to say. */
  note?: string;
}

/** What a runner says of a suite that died: no claim of a test. */
const DIED = 'the suite runs to its end';

/**
 * Whether the results show the planted bug on the requirement that it breaks. What is unknown shows nothing, nor does a suite that died.
 */
export function judgeBug(results: readonly TestResult[], requirement: string): BugVerdict {
  const failed = results
    .filter(({ title }) => title !== DIED)
    .flatMap(failuresOf)
    .toSorted(claimsFirst);
  const there = failed.filter(({ proves }) => isAbout(proves, requirement));
  if (there.length > 0) return { verdict: 'caught', by: there };
  const note = noteOf(results, requirement);
  return {
    verdict: failed.length > 0 ? 'caught elsewhere' : 'missed',
    by: failed,
    ...(note !== undefined && { note }),
  };
}

const failuresOf = ({ suite, title, proves, always, checks }: TestResult): Failure[] =>
  checks
    .filter(({ verdict }) => verdict === 'fail')
    .map(({ name, because }) => ({ suite, title, claim: name, because, proves, always: always === true }));

/** A claim says more than a wait that was in vain, of which there is no verdict but that the test did not run to its end. */
export const GAVE_UP = 'the test runs to its end';
const claimsFirst = (one: Failure, other: Failure): number =>
  Number(one.claim === GAVE_UP) - Number(other.claim === GAVE_UP);

function noteOf(results: readonly TestResult[], requirement: string): string | undefined {
  const died = results.find(({ title }) => title === DIED);
  if (died) return `${died.suite} died: ${died.because}`;
  const unproved = results.find(({ proves, verdict }) => verdict !== 'pass' && isAbout(proves, requirement));
  return unproved && `${unproved.suite}, ${unproved.title}, is ${unproved.verdict}: ${unproved.because}`;
}
