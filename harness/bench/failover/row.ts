import { summarise } from '../summary.ts';
import type { FaultResult } from './failover.ts';
import type { Trial } from './trial.ts';

/** Faults as lines of a table. */
const FAULT_WIDTH = 32;
const FIGURE_WIDTH = 8;

/** `missed` also where the trials could not be ended: what was not shown was not kept. */
export type Outcome = 'kept' | 'missed' | 'not measured' | 'skipped';

export function outcomeOf({ trials, missed, broken, skipped }: FaultResult): Outcome {
  if (skipped !== undefined) return 'skipped';
  if (missed.length > 0) return 'missed';
  if (trials.length === 0) return 'not measured';
  return broken === undefined ? 'kept' : 'missed';
}

export const HEADING: readonly string[] = [
  `${''.padEnd(FAULT_WIDTH + 13)}${'probes lost'.padStart(4 * FIGURE_WIDTH)}${'silent ms'.padStart(4 * FIGURE_WIDTH)}`,
  [
    'fault'.padEnd(FAULT_WIDTH),
    ' trials',
    '  void',
    ...figures(['min', 'median', 'p99', 'max']),
    ...figures(['min', 'median', 'p99', 'max']),
    '  bound',
  ].join(''),
];

export function rowOf(result: FaultResult): string {
  const { words, trials, voided, bound } = result;
  const counts = `${words.padEnd(FAULT_WIDTH)}${String(trials.length).padStart(7)}${String(voided.length).padStart(6)}`;
  const lost = spread(trials, ({ lost }) => lost, 0);
  const silent = spread(trials, ({ silentMs }) => silentMs, 1);
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

/** What stands under the row: why a bound was missed, what else was seen, and how far the measuring is to be trusted. */
export function notesOf({ trials, voided, missed, missedInVoid, worst, broken, skipped }: FaultResult): string[] {
  return [
    ...(skipped === undefined ? [] : [`skipped: ${skipped}`]),
    ...missed.map((part) => `missed: ${part}`),
    ...(broken === undefined ? [] : [`${trials.length === 0 ? 'not measured' : 'broken off'}: ${broken}`]),
    ...(missed.length > 0 && worst ? [storyOf(worst)] : []),
    ...(trials.length + voided.length > 0 ? [afterwards(trials, voided)] : []),
    ...(trials.length > 0 ? [measuring(trials)] : []),
    ...reasons(voided),
    ...missedInVoid.map((part) => `in the void ones: ${part}`),
  ];
}

const ms = (value: number | undefined): string => (value === undefined ? 'never' : `${value.toFixed(1)} ms`);

function storyOf({ active, lost, silentMs, silentFromMs, announcedAfterMs, story, changes }: Trial): string {
  return [
    `the worst trial (${active} struck): ${lost} lost, silent for ${ms(silentMs)} from ${ms(silentFromMs)} after the fault`,
    `last beat of the old one at ${ms(story.lastBeatMs)}`,
    `announced at ${ms(announcedAfterMs)}`,
    `longest pause between beats of the standby until then ${ms(story.freshPausedMs)}, of the active before the fault ${ms(story.oldPausedMs)}`,
    ...changes,
  ].join('; ');
}

/** Who spoke is counted in every trial; resets where a prober was on time to see them. */
function afterwards(trials: readonly Trial[], voided: readonly Trial[]): string {
  const all = [...trials, ...voided];
  const resets = trials.reduce((sum, trial) => sum + trial.resets, 0);
  const spoke = all.reduce((sum, trial) => sum + trial.oldSpoke, 0);
  const led = all.reduce((sum, trial) => sum + trial.oldLed, 0);
  const until = Math.max(...all.map(({ oldSpokeForMs }) => oldSpokeForMs));
  const frames = spoke === 0 ? 'no frame' : `${spoke} frames, the last ${until.toFixed(3)} ms after it,`;
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

function reasons(voided: readonly Trial[]): string[] {
  const groups = Map.groupBy(voided, (trial) => (trial.void ?? '').replace(/ (for )?[\d.]+( ms)?/, ''));
  return [...groups].map(([, group]) => `void (${group.length}): ${group[0]?.void}`);
}
