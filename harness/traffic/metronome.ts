import { Worker } from 'node:worker_threads';
import type { Clock } from './pacer.ts';

/** Words of the shared memory: the number of the alarm that is asked for, and of the last that rang. */
export const ALARM = { asked: 0, rung: 1 } as const;
/** Asks the thread to end. */
export const END = -1;

/** What both threads see. */
export interface AlarmMemory {
  words: Int32Array;
  /** When the alarm that is asked for is to ring, in nanoseconds of `process.hrtime`. */
  dueNs: BigInt64Array;
}

/** A clock for a `Pacer`, to be closed. */
export interface Metronome extends Clock {
  close(): Promise<void>;
}

/**
 * A clock whose waits end within some hundred microseconds, by a thread that sleeps for it. Timers of Node count whole
 * milliseconds, so at a thousand sends a second two of them leave between 0 and 2 ms.
 */
export async function openMetronome(): Promise<Metronome> {
  const memory: AlarmMemory = {
    words: new Int32Array(new SharedArrayBuffer(8)),
    dueNs: new BigInt64Array(new SharedArrayBuffer(8)),
  };
  const thread = new Worker(new URL('./metronome-thread.ts', import.meta.url), { workerData: memory });
  let number = 0;
  const ask = (delayMs: number): number => {
    number += 1;
    Atomics.store(memory.dueNs, 0, process.hrtime.bigint() + BigInt(Math.ceil(delayMs * 1e6)));
    askFor(memory, number);
    return number;
  };
  const first = ask(0);
  await new Promise<void>((resolve) => whenRung(memory, first, () => true, resolve));
  return {
    nowMs: () => performance.now(),
    after: (delayMs, call) => {
      if (delayMs <= 0) return immediately(call);
      const mine = ask(delayMs);
      let isWanted = true;
      whenRung(memory, mine, () => isWanted && number === mine, call);
      return () => {
        isWanted = false;
      };
    },
    close: async () => {
      askFor(memory, END);
      await new Promise((resolve) => thread.once('exit', resolve));
    },
  };
}

function immediately(call: () => void): () => void {
  const immediate = setImmediate(call);
  return () => clearImmediate(immediate);
}

function askFor({ words }: AlarmMemory, number: number): void {
  Atomics.store(words, ALARM.asked, number);
  Atomics.notify(words, ALARM.asked);
}

function whenRung(memory: AlarmMemory, number: number, isWanted: () => boolean, call: () => void): void {
  const { words } = memory;
  const rung = Atomics.load(words, ALARM.rung);
  if (!isWanted()) return;
  const again = () => whenRung(memory, number, isWanted, call);
  const waiting = rung === number ? undefined : Atomics.waitAsync(words, ALARM.rung, rung);
  if (!waiting) call();
  else if (waiting.async) waiting.value.then(again);
  else again();
}
