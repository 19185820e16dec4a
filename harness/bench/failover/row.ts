import { summarise } from '../summary.ts';
import type { FaultResult } from './failover.ts';
import type { Trial } from './trial.ts';

/** Faults as lines of a table. */
const FAULT_WIDTH = 32;
const FIGURE_WIDTH = 8;

/** `violated` also where the trials could not be ended: what was not shown was not met. */
export type Outcome = 'met' | 'violated' | 'not measured' | 'skipped';

export function outcomeOf({ trials, violated, broken, skipped }: FaultResult): Outcome {
  if (skipped !== undefined) return 'skipped';
  if (violated.length > 0) return 'violated';
  if (trials.length === 0) return 'not measured';
  return broken === undefined ? 'met' : 'violated';
}

export const HEADING: readonly string[] = [
  `${''.padEnd(FAULT_WIDTH + 13)}${'probes lost'.padStart(4 * FIGURE_WIDTH)}${'outage ms'.padStart(4 * FIGURE_WIDTH)}`,
  [
    'fault'.padEnd(FAULT_WIDTH),
    ' trials',
    ' disc.',
    ...figures(['min', 'median', 'p99', 'max']),
    ...figures(['min', 'median', 'p99', 'max']),
    '  bound',
  ].join(''),
];

export function rowOf(result: FaultResult): string {
  const { label, trials, discarded, bound } = result;
  const counts = `${label.padEnd(FAULT_WIDTH)}${String(trials.length).padStart(7)}${String(discarded.length).padStart(6)}`;
  const lost = spread(trials, ({ lost }) => lost, 0);
  const silent = spread(trials, ({ outageMs }) => outageMs, 1);
  return `${counts}${lost}${silent}  ${bound}: ${outcomeOf(result)}`;
}

function spread(trials: readonly Trial[], of: (trial: Trial) => number, digits: number): string {
  if (trials.length === 0) return figures(['-', '-', '-', '-']).join('');
  const { min, median, p99, max } = summarise(trials.map(of));
  return figures([min, median, p99, max].map((value) => value.toFixed(digits))).join('');
}

function figures(values: string[]): string[] {
  return values.map((value) => value.padStart(FIGURE_WIDTH));
}

/** What stands under the row: why a bound was violated, what else was seen, and how far the measuring is to be trusted. */
export function notesOf({
  trials,
  discarded,
  violated,
  violatedInDiscarded,
  worst,
  broken,
  skipped,
}: FaultResult): string[] {
  return [
    ...(skipped === undefined ? [] : [`skipped: ${skipped}`]),
    ...violated.map((part) => `violated: ${part}`),
    ...(broken === undefined ? [] : [`${trials.length === 0 ? 'not measured' : 'broken off'}: ${broken}`]),
    ...(violated.length > 0 && worst ? [timelineText(worst)] : []),
    ...(trials.length + discarded.length > 0 ? [afterwards(trials, discarded)] : []),
    ...(trials.length > 0 ? [measuring(trials)] : []),
    ...reasons(discarded),
    ...violatedInDiscarded.map((part) => `in the discarded ones: ${part}`),
  ];
}

const ms = (value: number | undefined): string => (value === undefined ? 'never' : `${value.toFixed(1)} ms`);

function timelineText({ active, lost, outageMs, outageFromMs, announcedAfterMs, timeline, changes }: Trial): string {
  return [
    `the worst trial (${active} was hit): ${lost} lost, an outage of ${ms(outageMs)} from ${ms(outageFromMs)} after the fault`,
    `last beat of the old one at ${ms(timeline.lastBeatMs)}`,
    `announced at ${ms(announcedAfterMs)}`,
    `longest pause between beats of the standby until then ${ms(timeline.newActivePausedMs)}, of the active before the fault ${ms(timeline.oldActivePausedMs)}`,
    ...changes,
  ].join('; ');
}

/** Who sent is counted in every trial; resets where a prober was on time to see them. */
function afterwards(trials: readonly Trial[], discarded: readonly Trial[]): string {
  const all = [...trials, ...discarded];
  const resets = trials.reduce((sum, trial) => sum + trial.resets, 0);
  const sent = all.reduce((sum, trial) => sum + trial.framesFromOldActive, 0);
  const led = all.reduce((sum, trial) => sum + trial.framesUnderRegainedLease, 0);
  const until = Math.max(...all.map(({ oldActiveSentForMs }) => oldActiveSentForMs));
  const frames = sent === 0 ? 'no frame' : `${sent} frames, the last ${until.toFixed(3)} ms after it,`;
  const but = led === 0 ? '' : `, but for ${led} under a lease that it had regained`;
  return `${resets} connections reset; ${frames} of the old one after the announcement${but}`;
}

/** The proof that measuring was on time. */
function measuring(trials: readonly Trial[]): string {
  const late = Math.max(...trials.map(({ prober }) => prober.lateMaxMs));
  const p99 = Math.max(...trials.map(({ prober }) => prober.lateP99Ms));
  const drops = trials.reduce((sum, { dropped }) => sum + dropped, 0);
  return `prober late by ${p99.toFixed(1)} ms (p99) and ${late.toFixed(1)} ms (max) at most; ${drops} frames lost by the capture`;
}

function reasons(discarded: readonly Trial[]): string[] {
  const groups = Map.groupBy(discarded, (trial) => (trial.discarded ?? '').replace(/ (for )?[\d.]+( ms)?/, ''));
  return [...groups].map(([, group]) => `discarded (${group.length}): ${group[0]?.discarded}`);
}
