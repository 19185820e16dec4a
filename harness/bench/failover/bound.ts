import { summarise } from '../summary.ts';
import type { Reading } from './measurement.ts';

/** What the trials of a fault must keep to, in words and as a test. A bound that is missed names every part that was. */
export interface Bound {
  words: string;
  /** What the trials did that the bound forbids; empty when it is kept. Of void ones only the claims count that no prober makes. */
  missed(trials: readonly Judged[]): string[];
  /** The rest of the void ones: no verdict. */
  missedInVoid(trials: readonly Judged[]): string[];
}

/** A trial, and why its times do not count, if they do not. */
export type Judged = Reading & { void?: string };

/** One thing that no trial may do; or all of them together. */
interface Part {
  judge(trials: readonly Reading[]): string | undefined;
  /** It is told by the frames of the nodes and their own words, whatever held up the prober: no trial is void for it. */
  always?: true;
}

const total = (trials: readonly Reading[], of: (trial: Reading) => number): number =>
  trials.reduce((sum, trial) => sum + of(trial), 0);

const none = (what: string, of: (trial: Reading) => number): Part => ({
  judge: (trials) => {
    const sum = total(trials, of);
    return sum > 0 ? `${sum} ${what} in ${trials.filter((trial) => of(trial) > 0).length} trials` : undefined;
  },
});

const lost = none('probes lost', (trial) => trial.lost);
const reset = none('connections reset', (trial) => trial.resets);
const oldSpoke: Part = {
  ...none('frames of the old one after the announcement', (trial) => trial.oldSpoke),
  always: true,
};
const takeovers = none('takeovers', ({ announcedAfterMs }) => (announcedAfterMs === undefined ? 0 : 1));
const noTakeover = none('times nobody took over', ({ announcedAfterMs }) => (announcedAfterMs === undefined ? 1 : 0));
const stateChanges = none('changes of state', (trial) => trial.changes.length);

const silentAtMost = (ms: number): Part => ({
  judge: (trials) => {
    const { p99 } = summarise(trials.map(({ silentMs }) => silentMs));
    return p99 > ms ? `p99 of the silent time is ${p99.toFixed(1)} ms` : undefined;
  },
});

function bound(words: string, ...parts: Part[]): Bound {
  const judge = (part: Part, trials: readonly Judged[]) => (trials.length > 0 ? (part.judge(trials) ?? []) : []);
  const isVoid = (trial: Judged) => trial.void !== undefined;
  return {
    words,
    missed: (trials) => {
      const counted = trials.filter((trial) => !isVoid(trial));
      return parts.flatMap((part) => judge(part, part.always ? trials : counted));
    },
    missedInVoid: (trials) => {
      const voided = trials.filter(isVoid);
      return parts.flatMap((part) => (part.always ? [] : judge(part, voided)));
    },
  };
}

/** SDH protection switching, the bound of carriers. */
const CARRIER_MS = 50;

export const BOUNDS = {
  nothingLost: bound('0 lost', lost, noTakeover),
  nothingLostNorReset: bound('0 lost, no reset', lost, reset, noTakeover),
  silentForMs: bound(`silent p99 ≤ ${CARRIER_MS} ms`, silentAtMost(CARRIER_MS), noTakeover),
  silentForMsAndFenced: bound(
    `silent p99 ≤ ${CARRIER_MS} ms, nothing of the old one`,
    silentAtMost(CARRIER_MS),
    oldSpoke,
    noTakeover,
  ),
  noTakeover: bound('no takeover, 0 lost', takeovers, lost),
  nothingHappens: bound('nothing happens', takeovers, lost, reset, stateChanges),
} satisfies Record<string, Bound>;
