import type { TestResult } from '../../reports/run-report.ts';
import type { JudgedAgain } from './judge-again.ts';

/** Whether a test, or a claim of it, has another verdict than the one that was stored. */
export const differs = ({ stored, now }: JudgedAgain): boolean =>
  stored?.verdict !== now.verdict || claimsThatDiffer(stored, now).length > 0;

/** Each claim whose verdict is another one, in words. */
function claimsThatDiffer(stored: TestResult | undefined, now: TestResult): string[] {
  const was = new Map(stored?.checks.map(({ name, verdict }) => [name, verdict]));
  return now.checks
    .filter(({ name, verdict }) => was.get(name) !== verdict)
    .map(({ name, verdict, because }) => `  ${name}: was ${was.get(name) ?? 'not asked'}, is ${verdict}: ${because}`);
}

/** What differs, each with both verdicts; and how many there were. */
export function differenceLines(again: readonly JudgedAgain[]): string[] {
  const differing = again.filter(differs);
  const lines = differing.flatMap(({ stored, now }) => [
    `differs: ${now.suite}: ${now.title}: was ${stored?.verdict ?? 'not judged'}, is ${now.verdict}`,
    ...claimsThatDiffer(stored, now),
  ]);
  const kept = [...Map.groupBy(again, ({ kept }) => kept)].flatMap(([why, { length }]) =>
    why ? [{ why, length }] : [],
  );
  const count = again.length - kept.reduce((sum, { length }) => sum + length, 0);
  const whole = differing.length === 0 ? 'each is as it was' : `${differing.length} of them not as stored`;
  const rest = kept.map(({ why, length }) => `; ${length} kept as stored, which ${why}`).join('');
  return [...lines, `${count} verdicts by stored histories and today’s checkers, ${whole}${rest}`];
}
