import type { Path, Report } from './problem.ts';

/** Report a number that is not whole or not within its limits. Whether it is right. */
export function checkWhole(value: number, least: number, most: number, path: Path, report: Report): boolean {
  const right = Number.isInteger(value) && value >= least && value <= most;
  if (!right)
    report.value(path, `${String(path.at(-1))} must be a whole number from ${least} to ${most}, not ${value}`);
  return right;
}
