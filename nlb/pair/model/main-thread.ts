import type { Facts } from '../state.ts';
import type { Loop } from './loop.ts';
import type { Surroundings } from './surroundings.ts';

/** The main thread of a daemon: it looks at servers and targets and tells the beat thread with each pass, unless it hangs. */
export interface MainThread {
  start(): void;
  /** Something is wrong with the servers, or no longer. */
  serversChanged(): void;
  lookAtTargets(): void;
  /** Stands still, and so all that it would tell; the beat goes on. @param by one fault more, or one less */
  hang(by: 1 | -1): void;
  isHung(): boolean;
  /** For how long, without the time in which the whole daemon stood still. */
  hungForMs(): number;
  /** The whole daemon stood still until now. */
  stalled(): void;
}

export interface MainThreadHooks {
  loop: Pick<Loop<unknown>, 'post' | 'isEnded' | 'isHalted'>;
  nowMs(): number;
  /** What the beat thread knows. */
  facts(): Facts;
  report(facts: Partial<Facts>, reportedAtMs?: number): void;
  /** The data path is in place. */
  opened(): void;
}

/** A target is met, or lost, after so many looks in a row. */
const LOOKS_ENOUGH = 2;
/** Loading the data path, and the first look at the servers. */
const READY_AFTER_MS = [5, 60] as const;
/** How often facts are told. */
const TELL_EVERY_MS = 40;

type Seen = Pick<Surroundings, 'agenda' | 'chance' | 'healthyServers' | 'services' | 'refusedAlias' | 'targets'>;

export function openMainThread(at: Seen, { loop, nowMs, facts, report, opened }: MainThreadHooks): MainThread {
  const { agenda } = at;
  /** Looks in a row that speak against what is known of the targets. */
  let contraryLooks = 0;
  /** How many faults hang it, and since when it and the beat have both been so. */
  let hangs = 0;
  let hungSinceMs = Number.POSITIVE_INFINITY;

  const servers = () => ({ healthyServers: at.healthyServers(), services: at.services() });

  function serversChanged(): void {
    if (hangs > 0) return;
    const reportedAtMs = nowMs();
    const seen = servers();
    loop.post(() => report(seen, reportedAtMs));
  }

  function ready(): void {
    opened();
    report({ ready: true, ...servers(), refusedAlias: at.refusedAlias(), targets: at.targets() }, nowMs());
    pass();
  }

  /** Again and again. */
  function pass(): void {
    if (loop.isEnded()) return;
    if (!loop.isHalted()) serversChanged();
    agenda.at(agenda.nowMs() + TELL_EVERY_MS, pass);
  }

  return {
    start: () => agenda.at(agenda.nowMs() + at.chance.between(...READY_AFTER_MS), () => loop.post(ready)),
    serversChanged,
    lookAtTargets: () => {
      if (hangs > 0) return;
      const targets = at.targets();
      const isContrary = JSON.stringify(targets) !== JSON.stringify(facts().targets);
      contraryLooks = isContrary && facts().ready ? contraryLooks + 1 : 0;
      if (contraryLooks < LOOKS_ENOUGH) return;
      contraryLooks = 0;
      report({ targets });
    },
    hang: (by) => {
      hangs += by;
      hungSinceMs = hangs > 0 ? Math.min(hungSinceMs, agenda.nowMs()) : Number.POSITIVE_INFINITY;
    },
    isHung: () => hangs > 0,
    hungForMs: () => agenda.nowMs() - hungSinceMs,
    stalled: () => {
      // What a node stands still whole is no time in which it could have missed its main thread.
      if (hangs > 0) hungSinceMs = agenda.nowMs();
    },
  };
}
