import { monotonicNs, suspendedNs } from '../kernel/clock.ts';
import { roundMs } from './round-ms.ts';

/** What has happened, for the operator: each event as a line of the log, and the last of them in memory. */
export interface EventLog {
  /** @param atMs when it happened, on CLOCK_BOOTTIME; now, when absent */
  add(event: string, detail: Record<string, unknown>, atMs?: number): void;
  recent(): readonly EventLine[];
  /** Reads what is kept, and then what comes; `more` is called whenever there is more to take. */
  read(more: () => void): EventReader;
}

export interface EventLine extends Record<string, unknown> {
  /** From 1 at the daemon's start, without gaps. */
  seq: number;
  /** When it happened, by the wall clock of the moment in which it was written down. */
  time: string;
  /** The same on CLOCK_MONOTONIC, which no step of the wall clock moves. */
  monotonicMs: number;
  event: string;
}

/** A place in the log. It holds no event itself, so a reader that hangs costs nothing; it falls behind. */
export interface EventReader {
  take(): EventLine | undefined;
  /** What it would have to take next is kept no longer. */
  isBehind(): boolean;
  close(): void;
}

const KEPT = 1000;

export function openEvents(write: (line: Record<string, unknown>, event: string) => void): EventLog {
  const kept: EventLine[] = [];
  const listeners = new Set<() => void>();
  let seq = 0;
  const oldest = () => kept[0]?.seq ?? seq + 1;
  return {
    add: (event, detail, atMs) => {
      const nowMs = Number(monotonicNs()) / 1e6;
      const agoMs = atMs === undefined ? 0 : nowMs - (atMs - Number(suspendedNs()) / 1e6);
      const monotonicMs = roundMs(nowMs - agoMs);
      seq++;
      kept.push({ seq, time: new Date(Date.now() - agoMs).toISOString(), monotonicMs, event, ...detail });
      if (kept.length > KEPT) kept.shift();
      // The log stamps its lines itself.
      write({ seq, monotonicMs, ...detail }, event);
      for (const more of listeners) more();
    },
    recent: () => kept,
    read: (more) => {
      let next = oldest();
      listeners.add(more);
      return {
        take: () => {
          const line = kept[next - oldest()];
          if (line) next++;
          return line;
        },
        isBehind: () => next < oldest(),
        close: () => listeners.delete(more),
      };
    },
  };
}
