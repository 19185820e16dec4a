import { constants } from 'node:os';
import { Worker } from 'node:worker_threads';
import t from 'tap';

const { SIGTERM } = constants.signals;

/** A thread that looks for SIGTERM, and says by shared memory that it is ready and how many it has caught. */
function watcher(shared: Int32Array): Worker {
  const source = `
    const { workerData: { shared, file, signal } } = require('node:worker_threads');
    import(file).then(({ watchSignals }) => {
      const signals = watchSignals([signal]);
      Atomics.store(shared, 0, 1);
      Atomics.notify(shared, 0);
      setInterval(() => {
        for (const _ of signals.caught()) Atomics.add(shared, 1, 1);
        Atomics.notify(shared, 1);
      }, 1);
    });`;
  const file = new URL('./signals.ts', import.meta.url).href;
  return new Worker(source, { eval: true, workerData: { shared, file, signal: SIGTERM } });
}

t.test('another thread hears of a signal while the main one hangs, and so does the main one, later', async (t) => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  let atMain = 0;
  const heard = () => void atMain++;
  process.on('SIGTERM', heard);
  const thread = watcher(shared);
  await Atomics.waitAsync(shared, 0, 0, 10_000).value;
  t.equal(Atomics.load(shared, 0), 1, 'the thread is ready');
  for (const times of [1, 2]) {
    process.kill(process.pid, 'SIGTERM');
    // The main thread waits here, and its loop does not turn.
    Atomics.wait(shared, 1, times - 1, 10_000);
    t.equal(Atomics.load(shared, 1), times);
    t.equal(atMain, 0);
  }
  while (atMain < 2) await new Promise(setImmediate);
  t.equal(atMain, 2, 'the main thread has heard of both');
  process.off('SIGTERM', heard);
  await thread.terminate();
});
