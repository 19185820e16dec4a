import { writeSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

/**
 * What a daemon that runs on Node can be made to load before itself (`NODE_OPTIONS=--import=…`): at each SIGUSR2 its main thread
 * is held up by work that makes garbage, at each SIGWINCH by waiting; it then prints from when until when, in nanoseconds of
 * CLOCK_MONOTONIC. At SIGVTALRM it waits for good, and says so before. The daemon itself knows nothing of it.
 */
const HELD_UP_MS = 1000;

if (isMainThread) {
  process.on('SIGUSR2', () => told(work));
  process.on('SIGWINCH', () => told(() => wait()));
  process.on('SIGVTALRM', waitForGood);
}

function told(holdUp: () => void): void {
  const fromNs = process.hrtime.bigint();
  holdUp();
  const untilNs = process.hrtime.bigint();
  process.stdout.write(`${JSON.stringify({ heldUp: { fromNs: String(fromNs), untilNs: String(untilNs) } })}\n`);
}

/** A pipe takes what is written at once, so the word is out before the thread stands still. */
function waitForGood(): void {
  writeSync(process.stdout.fd, `${JSON.stringify({ hangs: { fromNs: String(process.hrtime.bigint()) } })}\n`);
  wait(Number.POSITIVE_INFINITY);
}

function wait(forMs = HELD_UP_MS): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

function work(): void {
  const untilMs = performance.now() + HELD_UP_MS;
  let text = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ i })));
  while (performance.now() < untilMs) text = JSON.stringify(JSON.parse(text));
}
