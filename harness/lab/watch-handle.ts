import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type CapturedFrame, inPieces, readBlock } from '../capture/ring-block.ts';
import { END, type FromWatchThread, type RingFlushed, type WatchOrders, WORD } from './watch-messages.ts';

export type { RingFlushed };

/** The thread of a watch. What it has found waits for `read`, however long that takes. */
export interface WatchThread {
  /**
   * Hands on what it has told until now, in order, as much as that time allows: where frames come faster than they can be handed on, the
   * caller has something else to do.
   * @returns whether that was all
   */
  read(withinMs: number): boolean;
  /**
   * Hands on everything that was captured before this call. Blocks the thread, a few milliseconds as a rule, for as long as it takes.
   * @returns of each ring; nothing where that time was not enough
   */
  flush(withinMs: number): RingFlushed[];
  /** Ends it; the rings may be closed then. */
  stop(): Promise<void>;
}

export interface WatchHooks {
  /** @param offsetNs by which the wall clock was ahead of the monotonic one when that was read */
  frame(ring: number, frame: CapturedFrame, offsetNs: bigint): void;
  starved(told: Extract<FromWatchThread, { type: 'starved' }>): void;
}

export function startWatchThread(orders: WatchOrders, hooks: WatchHooks): WatchThread {
  const words = new Int32Array(new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT));
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL('watch-thread.ts', import.meta.url), {
    workerData: { ...orders, words, port: port2 },
    transferList: [port2],
    // The rings' descriptors come from the kernel by FFI, so Node's own count knows nothing of them.
    trackUnmanagedFds: false,
  });
  // A run that ends by an error must not wait for it.
  worker.unref();
  port1.unref();
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  const allocate = inPieces();
  let flushed: RingFlushed[] = [];
  let isFlushed = true;
  const handle = (message: FromWatchThread): void => {
    if (message.type === 'flushed') [flushed, isFlushed] = [message.rings, true];
    else if (message.type === 'starved') hooks.starved(message);
    else {
      const view = new DataView(message.bytes.buffer);
      const onFrame = (frame: CapturedFrame): void => hooks.frame(message.ring, frame, message.offsetNs);
      for (const start of message.starts) readBlock(view, start, onFrame, allocate);
    }
  };
  /** @returns whether it has come to the end of what there is */
  const handleWhile = (isOn: () => boolean): boolean => {
    while (isOn()) {
      const next = receiveMessageOnPort(port1);
      if (!next) return true;
      handle(next.message);
    }
    return false;
  };
  const ask = (what: number): void => {
    Atomics.store(words, WORD.asked, what);
    Atomics.notify(words, WORD.asked);
  };
  return {
    read: (withinMs) => {
      const untilMs = performance.now() + withinMs;
      return handleWhile(() => performance.now() < untilMs);
    },
    flush: (withinMs) => {
      const before = Atomics.load(words, WORD.done);
      [flushed, isFlushed] = [[], false];
      ask(before + 1);
      Atomics.wait(words, WORD.done, before, withinMs);
      handleWhile(() => !isFlushed);
      return flushed;
    },
    stop: async () => {
      ask(END);
      worker.ref();
      await ended;
    },
  };
}
