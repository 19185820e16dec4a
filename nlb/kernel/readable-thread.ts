import { flushCompileCache } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';
import { poll } from './libc.ts';
import { IS_CLOSED, IS_TOLD, type WatchOrders } from './readable-watch.ts';
import { beRealTime } from './scheduling.ts';

/** The thread of a watch (readable-watch.ts): waits for the descriptor, tells, and waits until what is there has been read. */
const { fd, shared, priority } = workerData as WatchOrders;

const POLLIN = 1;
/** So long it takes at the most until a watch is closed. */
const LOOK_EVERY_MS = 50;

/** struct pollfd: descriptor, wanted events, what has happened. */
const asked = Buffer.alloc(8);
asked.writeInt32LE(fd, 0);
asked.writeInt16LE(POLLIN, 4);

flushCompileCache();
if (priority !== undefined) beRealTime(priority);
while (Atomics.load(shared, IS_CLOSED) === 0) {
  poll(asked, 1, LOOK_EVERY_MS);
  if (asked.readInt16LE(6) === 0) continue;
  Atomics.store(shared, IS_TOLD, 1);
  parentPort?.postMessage(undefined);
  Atomics.wait(shared, IS_TOLD, 1);
}
