import { Worker } from 'node:worker_threads';

/** A stretch of time, on CLOCK_MONOTONIC. */
export interface Standstill {
  fromNs: bigint;
  untilNs: bigint;
}

/**
 * Finds out when the machine stood still: a thread of real-time priority, before which no ordinary one goes, means to wake
 * every few milliseconds. When it does not, neither did anybody else: the kernel or what is below it kept the processors.
 */
export interface Metronome {
  /** Standstills that were over before now and have not been told yet. Each begins with the last wake before it, up to 4 ms early. */
  take(): Standstill[];
  stop(): Promise<void>;
}

/** What the two threads share: the number of standstills so far, and their beginnings and ends by turns, the latest of so many. */
export const ROWS = 1024;
const WORDS = 1 + 2 * ROWS;

/** Where real-time priority is refused, it finds nothing, for then its own wakes prove nothing. */
export function startMetronome(): Metronome {
  const words = new BigInt64Array(new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT));
  const over = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(new URL('metronome-thread.ts', import.meta.url), { workerData: { words, over } });
  worker.unref();
  let told = 0;
  return {
    take: () => {
      const count = Number(Atomics.load(words, 0));
      const first = Math.max(told, count - ROWS);
      told = count;
      return Array.from({ length: count - first }, (_, index) => rowAt(words, first + index));
    },
    stop: async () => {
      Atomics.store(over, 0, 1);
      Atomics.notify(over, 0);
      await worker.terminate();
    },
  };
}

function rowAt(words: BigInt64Array, number: number): Standstill {
  const at = 1 + 2 * (number % ROWS);
  return { fromNs: words[at] ?? 0n, untilNs: words[at + 1] ?? 0n };
}
