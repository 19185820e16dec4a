import { isMainThread } from 'node:worker_threads';

/**
 * What a daemon that runs on Node can be made to load before itself (`NODE_OPTIONS=--import=…`): at each SIGUSR2 its main thread
 * is held up by work that makes garbage, at each SIGWINCH by waiting; it then prints from when until when, in nanoseconds of
 * CLOCK_MONOTONIC. The daemon itself knows nothing of it.
 */
const HELD_UP_MS = 1000;

if (isMainThread) {
  process.on('SIGUSR2', () => told(work));
  process.on('SIGWINCH', () => told(wait));
}

function told(holdUp: () => void): void {
  const fromNs = process.hrtime.bigint();
  holdUp();
  const untilNs = process.hrtime.bigint();
  process.stdout.write(`${JSON.stringify({ heldUp: { fromNs: String(fromNs), untilNs: String(untilNs) } })}\n`);
}

function wait(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, HELD_UP_MS);
}

function work(): void {
  const untilMs = performance.now() + HELD_UP_MS;
  let text = JSON.stringify(Array.from({ length: 1000 }, (_, i) => ({ i })));
  while (performance.now() < untilMs) text = JSON.stringify(JSON.parse(text));
}
