import type { Agenda } from './agenda.ts';

/** A node without its daemon: its clock, and what its kernel does with nobody awake. */
export interface Host {
  /** This node's clock, in milliseconds. */
  clockMs(): number;
  /** What the agenda calls an instant of this clock. */
  instantOf(clockMs: number): number;
  readonly dataPath: DataPath;
  /** Whether a question for the NLBS address is answered now: the alias is there, and the lease has not passed. */
  answers(): boolean;
  /** The whole node stands still, but its clock; what comes meanwhile waits. */
  pause(): void;
  goOn(): void;
  isPaused(): boolean;
  /** A frame came in: it is looked at now, or when the node goes on. */
  take(frame: () => void): void;
  /** Now, or when the node goes on. */
  whenAwake(what: () => void): void;
}

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

export function openHost(agenda: Agenda, { offsetMs, partsPerMillion }: ClockError): Host {
  const rate = 1 + partsPerMillion / 1e6;
  const dataPath: DataPath = { answerUntilMs: 0, grantedMs: 0, leasedBy: 0, alias: false };
  const ring: (() => void)[] = [];
  let pauses = 0;
  const clockMs = () => offsetMs + agenda.nowMs() * rate;
  const whenAwake = (what: () => void) => {
    if (pauses === 0) what();
    else ring.push(what);
  };
  return {
    clockMs,
    instantOf: (ms) => (ms - offsetMs) / rate,
    dataPath,
    answers: () => dataPath.alias && dataPath.answerUntilMs > clockMs(),
    pause: () => {
      pauses++;
    },
    goOn: () => {
      pauses--;
      while (pauses === 0 && ring.length > 0) ring.shift()?.();
    },
    isPaused: () => pauses > 0,
    take: (frame) => {
      if (ring.length < RING) whenAwake(frame);
    },
    whenAwake,
  };
}
