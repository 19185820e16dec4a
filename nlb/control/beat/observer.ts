import type { PathName } from '../../pair/beat.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Entry, Event, Role } from '../../pair/state.ts';
import { type Change, explain, type Seen, see } from './evidence.ts';
import { faultyPaths, type PathChange, type PathWatch, type Proof, proved, watchPaths } from './path-watch.ts';

/** Remembers what proves anything: of the peer, of the paths to it, and of who holds the NLBS address. */
export interface Observer {
  /** A beat of the peer came by that path. */
  beatCame(path: PathName, atMs: number): void;
  /** The role has made a step. @returns the changes of state, explained */
  stepped(step: ObservedStep): Change[];
  /** When a beat last came by a path. */
  lastHeardMs(path: PathName): number | undefined;
  faultyPaths(nowMs: number): { path: PathName; forMs: number }[];
  /** The last hardware address that answered for the NLBS address. */
  answeredBy(): string | undefined;
}

interface ObservedStep {
  /** Absent at the daemon's start. */
  event?: Event;
  before: Role;
  after: Role;
  entered: readonly Entry[];
}

export function openObserver(settings: Settings, pathChanged: (change: PathChange) => void): Observer {
  let watch: PathWatch = watchPaths();
  let seen: Seen = {};
  const prove = (by: Proof, atMs: number) => {
    const judged = proved(watch, by, atMs, settings);
    watch = judged.watch;
    for (const change of judged.changes) pathChanged(change);
  };
  return {
    beatCame: prove,
    stepped: ({ event, ...step }) => {
      if (event) seen = see(seen, step.before, event);
      const proof = event && proofIn(event, step);
      if (event && proof) prove(proof, event.atMs);
      return step.entered.length === 0 ? [] : explain(step, seen, watch, settings);
    },
    lastHeardMs: (path) => watch.paths[path].heardAtMs,
    faultyPaths: (nowMs) => faultyPaths(watch, nowMs),
    answeredBy: () => seen.answered?.mac,
  };
}

/**
 * An answer proves the peer alive when it is worth a beat: before that, the data path of a dead or stalled daemon may have
 * given it. Where the peer's host refuses beats its daemon is gone, and the paths to it are not to blame.
 */
function proofIn({ type }: Event, { before, after }: Pick<ObservedStep, 'before' | 'after'>): Proof | undefined {
  if (before.peer.refused) return undefined;
  if (type === 'AddressAsked') return 'address asked';
  const isWorthABeat = before.peer.silentMs > 0 && after.peer.silentMs === 0;
  return type === 'AddressAnswered' && isWorthABeat ? 'address answered' : undefined;
}
