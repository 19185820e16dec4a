import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * Calls back, on this thread, whenever a descriptor can be read. Node's event loop takes no descriptor of another kind than its own, and the
 * threads of its pool are ordinary ones, which wait for a processor where other threads of theirs run in real time: so a thread waits.
 */
export interface ReadableWatch {
  /** Over when nobody waits for the descriptor any more, so that it may be closed. */
  close(): Promise<void>;
}

/** What a watch and its thread share: two words. */
export const [IS_TOLD, IS_CLOSED] = [0, 1];

export interface WatchOrders {
  fd: number;
  shared: Int32Array<SharedArrayBuffer>;
  /** Real-time, of SCHED_FIFO's 1 to 99; an ordinary thread where there is none. */
  priority: number | undefined;
}

/**
 * `readable` is to read all that is there: it is called again and again while something is left.
 * @param priority of the thread that waits, of SCHED_FIFO's 1 to 99: before whoever is called back
 */
export function watchReadable(fd: number, readable: () => void, priority?: number): ReadableWatch {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const workerData: WatchOrders = { fd, shared, priority };
  const worker = new Worker(new URL('./readable-thread.ts', import.meta.url), { workerData, trackUnmanagedFds: false });
  const put = (word: number, value: number): void => {
    Atomics.store(shared, word, value);
    Atomics.notify(shared, IS_TOLD);
  };
  worker.on('message', () => {
    if (Atomics.load(shared, IS_CLOSED) === 0) readable();
    put(IS_TOLD, 0);
  });
  worker.on('error', (error) => {
    throw error;
  });
  const over = once(worker, 'exit').then(() => {});
  return {
    close: () => {
      put(IS_CLOSED, 1);
      return over;
    },
  };
}
