import type { PathName } from '../../pair/beat.ts';

/** By which subnets the active sends: the server subnet, and the access subnet when that fails. A standby answers by the path it was asked by. */
export interface PathFacts {
  /** When the peer was last heard by each path; it speaks by all of them all the time. */
  heardMs: Readonly<Partial<Record<PathName, number>>>;
  /** Since when records are under way of which none has been acknowledged; undefined where none are. */
  awaitedSinceMs: number | undefined;
  /** Until when each path is not used by itself: it brought nothing there when another did. */
  restsUntilMs: Readonly<Partial<Record<PathName, number>>>;
}

export interface PathTimes {
  /** Of a path by which nothing was heard for so long nothing is expected. */
  silentAfterMs: number;
  /** After so long without progress, a few retransmissions, records go by all paths. */
  stuckAfterMs: number;
  /** For so long a path by which nothing got through is not used by itself. */
  restMs: number;
}

const PREFERRED: readonly PathName[] = ['server', 'access'];

export function choosePaths(facts: PathFacts, times: PathTimes, nowMs: number): readonly PathName[] {
  const { heardMs, awaitedSinceMs, restsUntilMs } = facts;
  const isUsable = (path: PathName): boolean =>
    nowMs - (heardMs[path] ?? Number.NEGATIVE_INFINITY) < times.silentAfterMs && nowMs >= (restsUntilMs[path] ?? 0);
  const usable = PREFERRED.filter(isUsable);
  if (!isStuck(awaitedSinceMs, times, nowMs) && usable.length > 0) return usable.slice(0, 1);
  return PREFERRED;
}

const isStuck = (awaitedSinceMs: number | undefined, { stuckAfterMs }: PathTimes, nowMs: number): boolean =>
  awaitedSinceMs !== undefined && nowMs - awaitedSinceMs >= stuckAfterMs;

/** What is under way: numbers of records, since when nothing has come of them, and which paths brought nothing there. */
export interface Progress extends Pick<PathFacts, 'awaitedSinceMs' | 'restsUntilMs'> {
  sent: number;
  acknowledged: number;
}

export const noProgress: Progress = { sent: 0, acknowledged: 0, awaitedSinceMs: undefined, restsUntilMs: {} };

/** @param last number of the last record that is sent now */
export function afterSending(before: Progress, last: number, nowMs: number): Progress {
  return { ...before, sent: Math.max(before.sent, last), awaitedSinceMs: before.awaitedSinceMs ?? nowMs };
}

/** @param path by which it came, and so by which its records got through. What was stuck until then rests, if it is another one. */
export function afterAcknowledgement(
  before: Progress,
  { applied, path }: { applied: number; path: PathName },
  times: PathTimes,
  nowMs: number,
): Progress {
  if (applied <= before.acknowledged) return before;
  const others = PREFERRED.filter((each) => each !== path).map((each) => [each, nowMs + times.restMs]);
  const restsUntilMs = isStuck(before.awaitedSinceMs, times, nowMs) ? Object.fromEntries(others) : before.restsUntilMs;
  return { ...before, acknowledged: applied, awaitedSinceMs: applied < before.sent ? nowMs : undefined, restsUntilMs };
}
