import { summarise } from '../summary.ts';
import type { FaultResult } from './failover.ts';
import { notesOf } from './row.ts';
import { type Comparison, NONE_WORSE } from './turns.ts';

const FAULT_WIDTH = 32;
const FIGURE_WIDTH = 9;

/** `inconclusive` where the interval holds the bound: more trials would tell. */
export type CompareOutcome = 'met' | 'violated' | 'inconclusive' | 'not measured' | 'skipped';

export function outcomeOfComparison({ now, before, outage }: Comparison): CompareOutcome {
  if (now.skipped !== undefined) return 'skipped';
  if (now.broken !== undefined || before.broken !== undefined || !outage) return 'not measured';
  if (outage.to < NONE_WORSE) return 'met';
  return outage.from > NONE_WORSE ? 'violated' : 'inconclusive';
}

const figures = (values: string[]): string => values.map((value) => value.padStart(FIGURE_WIDTH)).join('');

export const COMPARE_HEADING: readonly string[] = [
  `${''.padEnd(FAULT_WIDTH)}${'before'.padStart(4 * FIGURE_WIDTH)}${'now'.padStart(4 * FIGURE_WIDTH)}${'ratio of outages'.padStart(26)}`,
  `${'fault'.padEnd(FAULT_WIDTH)}${figures(['trials', 'lost', 'median', 'p99', 'trials', 'lost', 'median', 'p99'])}${'now ÷ before'.padStart(26)}  none worse`,
];

export function compareRow(comparison: Comparison): string {
  const { now, before, outage } = comparison;
  const ratio = outage ? `${outage.estimate.toFixed(3)} [${outage.from.toFixed(3)}, ${outage.to.toFixed(3)}]` : '-';
  const outcome = outcomeOfComparison(comparison);
  return `${now.label.padEnd(FAULT_WIDTH)}${side(before)}${side(now)}${ratio.padStart(26)}  < ${NONE_WORSE}: ${outcome}`;
}

function side({ trials }: FaultResult): string {
  if (trials.length === 0) return figures(['0', '-', '-', '-']);
  const { median, p99 } = summarise(trials.map(({ outageMs }) => outageMs));
  const lost = trials.reduce((sum, trial) => sum + trial.lost, 0);
  return figures([String(trials.length), String(lost), median.toFixed(2), p99.toFixed(2)]);
}

export const compareNotes = ({ now, before }: Comparison): string[] => [
  ...(now.skipped === undefined ? notesOf(before).map((note) => `before: ${note}`) : []),
  ...notesOf(now).map((note) => (now.skipped === undefined ? `now: ${note}` : note)),
];
