import { Worker } from 'node:worker_threads';

/** A stretch of time, on CLOCK_MONOTONIC. */
export interface Span {
  fromNs: bigint;
  untilNs: bigint;
}

/** A thread that looks out for something, and tells from when until when it was so. */
export interface SpanThread {
  /** Those that were over before now and have not been told yet. */
  take(): Span[];
  stop(): Promise<void>;
}

/** What the two threads share: the number of spans so far, and their beginnings and ends by turns, the latest of so many. */
export const ROWS = 1024;
const WORDS = 1 + 2 * ROWS;

/** @param thread the file that the thread runs, which uses `span-thread.ts` */
export function startSpanThread(thread: URL): SpanThread {
  const words = new BigInt64Array(new SharedArrayBuffer(WORDS * BigInt64Array.BYTES_PER_ELEMENT));
  const over = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  const worker = new Worker(thread, { workerData: { words, over } });
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

function rowAt(words: BigInt64Array, number: number): Span {
  const at = 1 + 2 * (number % ROWS);
  return { fromNs: words[at] ?? 0n, untilNs: words[at + 1] ?? 0n };
}
