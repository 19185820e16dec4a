import type { Pacing, Probe, Summary } from './message.ts';

/** Something under way in the client program. */
export interface Operation {
  /** Begin no more, wait for what is under way, and be over. */
  stop(): void;
}

/** What an operation says while it runs. */
export interface Listener {
  probe(probe: Probe): void;
  opened(): void;
  ended(summary: Summary): void;
}

/** The pacing of an operation that sends as soon as it can. */
export function unpaced(sent: number): Pacing {
  return { sent, missed: 0, lateMaxMs: 0, lateP99Ms: 0 };
}

/** Now, in nanoseconds of CLOCK_MONOTONIC. */
export function nowNs(): bigint {
  return process.hrtime.bigint();
}
