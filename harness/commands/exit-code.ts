import type { RunReport } from '../../reports/run-report.ts';
import { EXIT } from './problem.ts';

/** A failure outweighs what proved nothing. A run without any result, or that ended before all was run, proved nothing. */
export function exitCodeOf({ results, ended }: Pick<RunReport, 'results' | 'ended'>): number {
  const verdicts = new Set(results.map(({ verdict }) => verdict));
  if (verdicts.has('fail')) return EXIT.failed;
  if (ended === 'interrupted') return EXIT.interrupted;
  return verdicts.has('unknown') || results.length === 0 ? EXIT.provedNothing : EXIT.passed;
}
