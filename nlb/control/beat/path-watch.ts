import type { PathName } from '../../pair/beat.ts';
import type { Settings } from '../../pair/settings.ts';
import { roundMs } from '../round-ms.ts';

/**
 * Whether each heartbeat path does its work: a pure function of what proves the peer alive. A path on which nothing comes
 * while nothing else comes either says nothing of the path: the peer may be dead. So a path is judged at proofs of life alone.
 */
export interface PathWatch {
  /** Since when, and until when, the peer has been proved alive without a break. */
  aliveSinceMs: number;
  aliveAtMs: number;
  paths: Readonly<Record<PathName, WatchedPath>>;
}

export interface WatchedPath {
  /** When a beat last came by it; absent while none did. */
  heardAtMs?: number;
  /** Since when beats have come by it without a break. */
  steadySinceMs: number;
  /** Since when it has been known not to work. */
  faultySinceMs?: number;
}

/** What proves that the peer lives: a beat by that path, its answer or its question for the NLBS address. */
export type Proof = PathName | 'address answered' | 'address asked';

/** A path turned out not to work, or works again. */
export type PathChange = { path: PathName; atMs: number } & (
  | { faulty: true; silentMs: number; provedBy: Proof }
  | { faulty: false; faultyMs: number }
);

const NAMES: readonly PathName[] = ['access', 'server'];
/** A fault, and its end, take as long as ten beats: lost beats are no fault, and a path that loses half of them does not flap. */
const BEATS_TO_TELL = 10;
/** Two lost in a row do not break a run of beats. */
const BEATS_OF_A_BREAK = 3;
/** So many dead times without a proof, and whoever is heard of again may have been away. */
const DEAD_TIMES_OF_A_BREAK = 2;

export function watchPaths(): PathWatch {
  const unheard = { steadySinceMs: Number.POSITIVE_INFINITY };
  const never = Number.NEGATIVE_INFINITY;
  return { aliveSinceMs: never, aliveAtMs: never, paths: { access: unheard, server: unheard } };
}

/** Something proved the peer alive at `atMs` (monotonic). */
export function proved(
  before: PathWatch,
  by: Proof,
  atMs: number,
  settings: Pick<Settings, 'intervalMs' | 'deadAfterMs'>,
): { watch: PathWatch; changes: PathChange[] } {
  const breakMs = DEAD_TIMES_OF_A_BREAK * settings.deadAfterMs;
  // A peer that comes back from a short stall is heard by one path first: that must not be enough to judge the other.
  const toTellMs = Math.max(BEATS_TO_TELL * settings.intervalMs, breakMs + 2 * settings.intervalMs);
  const unbroken = atMs - before.aliveAtMs < breakMs;
  const aliveSinceMs = unbroken ? before.aliveSinceMs : atMs;
  const changes: PathChange[] = [];
  const judge = (name: PathName): WatchedPath => {
    const heard = by === name ? heardOn(before.paths[name], atMs, settings.intervalMs) : before.paths[name];
    const change = changeOf(name, heard, { aliveSinceMs, atMs, by, toTellMs });
    if (!change) return heard;
    changes.push(change);
    const { faultySinceMs: _, ...rest } = heard;
    return change.faulty ? { ...heard, faultySinceMs: atMs } : rest;
  };
  const [access, server] = [judge('access'), judge('server')];
  return { watch: { aliveSinceMs, aliveAtMs: atMs, paths: { access, server } }, changes };
}

function heardOn(path: WatchedPath, atMs: number, intervalMs: number): WatchedPath {
  const unbroken = path.heardAtMs !== undefined && atMs - path.heardAtMs < BEATS_OF_A_BREAK * intervalMs;
  return { ...path, heardAtMs: atMs, steadySinceMs: unbroken ? path.steadySinceMs : atMs };
}

function changeOf(
  path: PathName,
  { heardAtMs, steadySinceMs, faultySinceMs }: WatchedPath,
  { aliveSinceMs, atMs, by, toTellMs }: { aliveSinceMs: number; atMs: number; by: Proof; toTellMs: number },
): PathChange | undefined {
  if (faultySinceMs !== undefined) {
    const works = heardAtMs === atMs && atMs - steadySinceMs >= toTellMs;
    return works ? { path, atMs, faulty: false, faultyMs: roundMs(atMs - faultySinceMs) } : undefined;
  }
  const silentMs = atMs - Math.max(heardAtMs ?? aliveSinceMs, aliveSinceMs);
  return silentMs >= toTellMs ? { path, atMs, faulty: true, silentMs: roundMs(silentMs), provedBy: by } : undefined;
}

/** The paths that are known not to work, and for how long. */
export function faultyPaths({ paths }: PathWatch, nowMs: number): { path: PathName; forMs: number }[] {
  return NAMES.flatMap((path) => {
    const sinceMs = paths[path].faultySinceMs;
    return sinceMs === undefined ? [] : [{ path, forMs: Math.round(nowMs - sinceMs) }];
  });
}
