import type { PathName } from '../../pair/beat.ts';
import type { Settings } from '../../pair/settings.ts';
import type { Entry, Event, Role } from '../../pair/state.ts';
import { type Change, explain, type Seen, see } from './evidence.ts';
import { faultyPaths, type PathChange, type PathWatch, type Proof, proved, watchPaths } from './path-watch.ts';

/** Remembers what proves anything: of the peer, of the paths to it, and of who holds the NLBS address. */
export interface Witness {
  /** A beat of the peer came by that path. */
  came(path: PathName, atMs: number): void;
  /** @param role as it was before the event */
  saw(role: Role, event: Event): void;
  explain(step: { before: Role; after: Role; entered: readonly Entry[] }): Change[];
  /** When a beat last came by a path. */
  lastHeardMs(path: PathName): number | undefined;
  faultyPaths(nowMs: number): { path: PathName; forMs: number }[];
  /** The last hardware address that answered for the NLBS address. */
  answeredBy(): string | undefined;
}

export function openWitness(settings: Settings, pathChanged: (change: PathChange) => void): Witness {
  let watch: PathWatch = watchPaths();
  let seen: Seen = {};
  const prove = (by: Proof, atMs: number) => {
    const judged = proved(watch, by, atMs, settings);
    watch = judged.watch;
    for (const change of judged.changes) pathChanged(change);
  };
  return {
    came: prove,
    saw: (role, event) => {
      seen = see(seen, role, event);
      // Where the peer's host refuses beats its daemon is gone, and the paths to it are not to blame.
      if (role.peer.refused) return;
      if (event.type === 'AddressAnswered') prove('address answered', event.atMs);
      if (event.type === 'AddressAsked') prove('address asked', event.atMs);
    },
    explain: (step) => explain(step, seen, watch, settings),
    lastHeardMs: (path) => watch.paths[path].heardAtMs,
    faultyPaths: (nowMs) => faultyPaths(watch, nowMs),
    answeredBy: () => seen.answered?.mac,
  };
}
