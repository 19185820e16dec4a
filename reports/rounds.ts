import type { RunReport, TestResult } from './run-report.ts';

/** A test that was run several times. */
export interface Rounds {
  suite: string;
  title: string;
  proves: string[];
  rounds: number;
  failed: number;
  unknown: number;
  /** It failed and passed: what it says of the system depends on chance, and nobody can build on it. */
  isFlaky: boolean;
  /** At most so often does it fail, with 95 % confidence, where none failed. Of the rounds whose verdict is known. */
  failsAtMost?: number;
}

const CONFIDENCE = 0.95;

/**
 * Upper bound of the probability of what did not happen in so many independent trials: `(1 - p)ⁿ = 1 - confidence` (Clopper and
 * Pearson, for no success; about 3 / n).
 */
export const atMostOf = (trials: number): number => 1 - (1 - CONFIDENCE) ** (1 / trials);

/** The tests of the report that were run more than once, in the order of their first round. */
export function roundsOf({ results }: Pick<RunReport, 'results'>): Rounds[] {
  const repeated = results.filter(({ round }) => round !== undefined);
  return [...Map.groupBy(repeated, ({ suite, title }) => `${suite}: ${title}`).values()].flatMap(counted);
}

function counted(rounds: TestResult[]): Rounds[] {
  const [first] = rounds;
  if (!first) return [];
  const count = (verdict: TestResult['verdict']) => rounds.filter((each) => each.verdict === verdict).length;
  const [failed, passed] = [count('fail'), count('pass')];
  const { suite, title, proves } = first;
  return [
    {
      suite,
      title,
      proves,
      rounds: rounds.length,
      failed,
      unknown: count('unknown'),
      isFlaky: failed > 0 && passed > 0,
      ...(failed === 0 && passed > 0 && { failsAtMost: atMostOf(passed) }),
    },
  ];
}

/** `arp: nobody answers …: 30 rounds, 2 failed: flaky` */
export function roundsText({ suite, title, rounds, failed, unknown, isFlaky, failsAtMost }: Rounds): string {
  const parts = [`${rounds} rounds, ${failed} failed`];
  if (unknown > 0) parts.push(`${unknown} unknown`);
  const bound =
    failsAtMost === undefined ? '' : `: fails at most ${(100 * failsAtMost).toFixed(1)} % of the time (95 %)`;
  return `${suite}: ${title}: ${parts.join(', ')}${isFlaky ? ': flaky' : bound}`;
}
