import { roundMs } from '../round-ms.ts';

/**
 * Whether the witness answers, found out while nothing depends on it: a standby asks the leader once a second for the NLBS
 * address, as it would before a takeover. Three questions in a row without an answer, while beats say that the peer leads,
 * and the way to the witness does not work: with the beats lost as well, this node would take over from a live leader.
 */
export interface WitnessPath {
  askedAtMs: number;
  /** Questions since the last answer. */
  unanswered: number;
  /** Absent while it works, or nothing is known. */
  faultySinceMs?: number;
}

/** The way turned out not to work, or works again. */
export type WitnessChange = { mac: string; atMs: number } & (
  | { answers: false; unanswered: number }
  | { answers: true; faultyMs: number }
);

export interface WitnessLook {
  path: WitnessPath;
  /** Ask now. */
  asks: boolean;
  change?: WitnessChange;
}

const ASK_EVERY_MS = 1000;
const UNANSWERED_ENOUGH = 3;

export const unasked: WitnessPath = { askedAtMs: Number.NEGATIVE_INFINITY, unanswered: 0 };

/**
 * To be looked at with each tick.
 * @param mac of the witness; undefined where nobody is to be asked: it is not known, or the peer does not lead, or is silent
 */
export function lookAtWitness(path: WitnessPath, mac: string | undefined, atMs: number): WitnessLook {
  if (mac === undefined) return { path: { ...path, unanswered: 0 }, asks: false };
  if (atMs - path.askedAtMs < ASK_EVERY_MS) return { path, asks: false };
  const asked = { ...path, askedAtMs: atMs, unanswered: path.unanswered + 1 };
  if (path.unanswered < UNANSWERED_ENOUGH || path.faultySinceMs !== undefined) return { path: asked, asks: true };
  const change: WitnessChange = { mac, atMs, answers: false, unanswered: path.unanswered };
  return { path: { ...asked, faultySinceMs: atMs }, asks: true, change };
}

/** The witness answered. */
export function witnessAnswered(
  { faultySinceMs, ...path }: WitnessPath,
  mac: string,
  atMs: number,
): { path: WitnessPath; change?: WitnessChange } {
  const answered = { ...path, unanswered: 0 };
  if (faultySinceMs === undefined) return { path: answered };
  return { path: answered, change: { mac, atMs, answers: true, faultyMs: roundMs(atMs - faultySinceMs) } };
}
