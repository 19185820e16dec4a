import type { Agenda } from './agenda.ts';

/** A node without its daemon: its clock, and what its kernel does with nobody awake. */
export interface Host {
  /** This node's clock, in milliseconds, by which it judges its lease. */
  clockMs(): number;
  /** As Node's timers do it: by a clock that stands still while the machine is suspended. */
  timer(afterMs: number, what: () => void): void;
  readonly dataPath: DataPath;
  /** Whether a question for the NLBS address is answered now: the alias is there, and the lease has not passed. */
  answers(): boolean;
  /** The whole node stands still, and with it so many of its clocks; what comes meanwhile waits. */
  pause(clocks?: Stopped): void;
  goOn(clocks?: Stopped): void;
  isPaused(): boolean;
  /** Whether it stands still with all its clocks. */
  isTimeless(): boolean;
  /** A frame came in: it is looked at now, or when the node goes on. */
  take(frame: () => void): void;
  /** Now, or when the node goes on. */
  whenAwake(what: () => void): void;
}

/**
 * Which clocks stand still with a node: none, as where its processes are stopped or starved; the one of timers, as in a
 * suspension (CLOCK_MONOTONIC, while CLOCK_BOOTTIME goes on); or both, as where a guest is paused, or goes on from a snapshot.
 */
export type Stopped = 'none' | 'timers' | 'all';
/** By which of the two the lease is judged. */
export type LeaseClock = 'boot' | 'monotonic';

/** It outlives the daemon. */
export interface DataPath {
  answerUntilMs: number;
  /** How long the lease was when it was set. */
  grantedMs: number;
  /** Which life of the daemon set the lease; 0 for none. */
  leasedBy: number;
  alias: boolean;
}

/** How far from true a clock is. */
export interface ClockError {
  offsetMs: number;
  partsPerMillion: number;
}

/** A network card's ring holds so many frames of a node that stands still. */
const RING = 256;

export function openHost(agenda: Agenda, { offsetMs, partsPerMillion }: ClockError, leaseClock: LeaseClock): Host {
  const rate = 1 + partsPerMillion / 1e6;
  const dataPath: DataPath = { answerUntilMs: 0, grantedMs: 0, leasedBy: 0, alias: false };
  const ring: (() => void)[] = [];
  const stops = { none: openStandstill(agenda), timers: openStandstill(agenda), all: openStandstill(agenda) };
  /** Where all clocks stop, that of timers does. */
  const stopped = (clocks: Stopped) => (clocks === 'all' ? [stops.timers, stops.all] : [stops[clocks]]);
  const isPaused = () => Object.values(stops).some((stop) => stop.isNow());
  const monotonicMs = () => offsetMs + (agenda.nowMs() - stops.timers.lastedMs()) * rate;
  const bootMs = () => offsetMs + (agenda.nowMs() - stops.all.lastedMs()) * rate;
  const clockMs = leaseClock === 'boot' ? bootMs : monotonicMs;
  const whenAwake = (what: () => void) => {
    if (!isPaused()) what();
    else ring.push(what);
  };
  const timer = (afterMs: number, what: () => void) => {
    const dueMs = monotonicMs() + afterMs;
    const expired = () => {
      const leftMs = dueMs - monotonicMs();
      if (leftMs > EARLY_MS) timer(leftMs, what);
      else what();
    };
    agenda.at(agenda.nowMs() + afterMs / rate, () => whenAwake(expired));
  };
  return {
    clockMs,
    timer,
    dataPath,
    answers: () => dataPath.alias && dataPath.answerUntilMs > clockMs(),
    pause: (clocks = 'none') => {
      for (const stop of stopped(clocks)) stop.begin();
    },
    goOn: (clocks = 'none') => {
      for (const stop of stopped(clocks)) stop.end();
      while (!isPaused() && ring.length > 0) ring.shift()?.();
    },
    isPaused,
    isTimeless: () => stops.all.isNow(),
    take: (frame) => {
      if (ring.length < RING) whenAwake(frame);
    },
    whenAwake,
  };
}

/** Sums of fractions of milliseconds are not exact. */
const EARLY_MS = 1e-6;

/** How long something has stood still in all; what makes it do so may overlap. */
function openStandstill(agenda: Agenda) {
  let causes = 0;
  let beganMs = 0;
  let lastedMs = 0;
  return {
    begin: () => {
      if (causes++ === 0) beganMs = agenda.nowMs();
    },
    end: () => {
      if (--causes === 0) lastedMs += agenda.nowMs() - beganMs;
    },
    isNow: () => causes > 0,
    lastedMs: () => lastedMs + (causes > 0 ? agenda.nowMs() - beganMs : 0),
  };
}
