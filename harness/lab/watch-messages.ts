import type { RingMemory } from '../capture/packet-ring.ts';

/** What the thread of a watch is told at its start. */
export interface WatchOrders {
  rings: RingMemory[];
  /** Files `cpu.pressure` of control groups (Linux, Documentation/accounting/psi.rst). */
  pressures: string[];
}

/** Of a ring: frames lost since it was opened, and whether everything until the request was told. */
export interface RingFlushed {
  drops: number;
  isWhole: boolean;
}

/** Indices of the words that both threads share: the flush that is asked for, and the last that was done. */
export const WORD = { asked: 0, done: 1 } as const;
/** Asked for when the thread is to end. */
export const END = -1;

export type FromWatchThread =
  /** Blocks of a ring, one after the other, and where each begins; and how far the wall clock was ahead of the monotonic one. */
  | { type: 'blocks'; ring: number; bytes: Uint8Array<ArrayBuffer>; starts: number[]; offsetNs: bigint }
  /** A control group by its number; instants on CLOCK_MONOTONIC. */
  | { type: 'starved'; pressure: number; fromNs: bigint; untilNs: bigint; forNs: number }
  | { type: 'flushed'; rings: RingFlushed[] };
