import { summarise } from '../summary.ts';
import type { Measurement } from './measurement.ts';

/** What the trials of a fault must keep to, in label and as a test. A bound that is violated names every part that was. */
export interface Bound {
  label: string;
  /** What the trials did that the bound forbids; empty when it is met. Of discarded ones only the claims count that no prober makes. */
  violated(trials: readonly Judged[]): string[];
  /** The rest of the discarded ones: no verdict. */
  violatedInDiscarded(trials: readonly Judged[]): string[];
}

/** A trial, and why its times do not count, if they do not. */
export type Judged = Measurement & { discarded?: string };

/** One thing that no trial may do; or all of them together. */
interface Part {
  judge(trials: readonly Measurement[]): string | undefined;
  /** It is told by the frames of the nodes and their own label, whatever held up the prober: no trial is discarded for it. */
  always?: true;
}

const total = (trials: readonly Measurement[], of: (trial: Measurement) => number): number =>
  trials.reduce((sum, trial) => sum + of(trial), 0);

const none = (what: string, of: (trial: Measurement) => number): Part => ({
  judge: (trials) => {
    const sum = total(trials, of);
    return sum > 0 ? `${sum} ${what} in ${trials.filter((trial) => of(trial) > 0).length} trials` : undefined;
  },
});

const lost = none('probes lost', (trial) => trial.lost);
const reset = none('connections reset', (trial) => trial.resets);
const framesFromOldActive: Part = {
  ...none('frames of the old one after the announcement', (trial) => trial.framesFromOldActive),
  always: true,
};
const takeovers = none('takeovers', ({ announcedAfterMs }) => (announcedAfterMs === undefined ? 0 : 1));
const noTakeover = none('times nobody took over', ({ announcedAfterMs }) => (announcedAfterMs === undefined ? 1 : 0));
const stateChanges = none('changes of state', (trial) => trial.changes.length);

const outageAtMost = (ms: number): Part => ({
  judge: (trials) => {
    const { p99 } = summarise(trials.map(({ outageMs }) => outageMs));
    return p99 > ms ? `p99 of the outage is ${p99.toFixed(1)} ms` : undefined;
  },
});

function bound(label: string, ...parts: Part[]): Bound {
  const judge = (part: Part, trials: readonly Judged[]) => (trials.length > 0 ? (part.judge(trials) ?? []) : []);
  const isDiscarded = (trial: Judged) => trial.discarded !== undefined;
  return {
    label,
    violated: (trials) => {
      const counted = trials.filter((trial) => !isDiscarded(trial));
      return parts.flatMap((part) => judge(part, part.always ? trials : counted));
    },
    violatedInDiscarded: (trials) => {
      const discarded = trials.filter(isDiscarded);
      return parts.flatMap((part) => (part.always ? [] : judge(part, discarded)));
    },
  };
}

/** SDH protection switching, the bound of carriers. */
const CARRIER_MS = 50;

export const BOUNDS = {
  nothingLost: bound('0 lost', lost, noTakeover),
  nothingLostNorReset: bound('0 lost, no reset', lost, reset, noTakeover),
  outageWithinMs: bound(`outage p99 ≤ ${CARRIER_MS} ms`, outageAtMost(CARRIER_MS), noTakeover),
  outageWithinMsAndFenced: bound(
    `outage p99 ≤ ${CARRIER_MS} ms, nothing of the old one`,
    outageAtMost(CARRIER_MS),
    framesFromOldActive,
    noTakeover,
  ),
  noTakeover: bound('no takeover, 0 lost', takeovers, lost),
  nothingHappens: bound('nothing happens', takeovers, lost, reset, stateChanges),
} satisfies Record<string, Bound>;
