import { flushCompileCache } from 'node:module';
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { beRealTime } from '../kernel/scheduling.ts';
import type { FromInStep, ToInStep } from './messages.ts';
import { openWorkingNode, type WorkingNode } from './working-node.ts';

/**
 * The thread that keeps the pair in step. First packets wait for it, so it runs in real time, but behind the thread that beats; nothing
 * else is done here. It is started before the data path is there, whose making takes as long as its own start.
 */
const { beat } = workerData as { beat: MessagePort };

/** Of SCHED_FIFO's 1 to 99: below the thread that beats (control/beat/thread.ts). */
const PRIORITY = 5;

/** Not before: making the first tables takes long, and would hold up ordinary threads, which the one that beats shares locks with. */
let isRealTime = false;
function placed(): void {
  if (!isRealTime) beRealTime(PRIORITY);
  isRealTime = true;
}

let node: WorkingNode | undefined;
parentPort?.on('message', (message: ToInStep) => {
  if (message.type === 'begin') {
    const post = (said: FromInStep) => parentPort?.postMessage(said);
    node = openWorkingNode(message.orders, { beat, post, placed, ended: () => parentPort?.close() });
  } else if (node) node.heardOfMain(message);
  else if (message.type === 'stop') {
    beat.close();
    parentPort?.close();
  }
});
// A thread keeps what it compiled apart from the main one's, and must write it itself.
flushCompileCache();
