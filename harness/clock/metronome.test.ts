import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import t from 'tap';
import { startMetronome } from './metronome.ts';

const skip = process.getuid?.() === 0 ? false : 'real-time priority needs root';

/** Keeps a processor from everybody below for 40 ms, four times, each after as much rest: the kernel gives real-time threads 95 % of a second at most. */
const HOG = `
const { spawnSync } = require('node:child_process');
spawnSync('chrt', ['--fifo', '--pid', '60', String(process.pid)]);
const spin = (ms) => { const until = process.hrtime.bigint() + BigInt(ms) * 1000000n; while (process.hrtime.bigint() < until); };
for (let time = 0; time < 4; time++) {
  spin(40);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 40);
}`;

t.test('when nobody else can run, that is found out, and only then', { skip }, async (t) => {
  const metronome = startMetronome();
  t.teardown(metronome.stop);
  const beganNs = process.hrtime.bigint();
  const found: ReturnType<typeof metronome.take> = [];
  // They must all spin at the same time at least once: so often that they cannot miss each other.
  for (let time = 0; time < 20 && found.length === 0; time++) {
    const hogs = Array.from({ length: availableParallelism() }, () => spawn(process.execPath, ['-e', HOG]));
    await Promise.all(hogs.map((hog) => once(hog, 'exit')));
    found.push(...metronome.take().filter(({ fromNs, untilNs }) => untilNs - fromNs >= 15_000_000n));
  }
  t.ok(found.length > 0, 'a standstill');
  for (const { fromNs, untilNs } of found) {
    t.ok(fromNs >= beganNs && untilNs <= process.hrtime.bigint(), 'on this clock');
    t.ok(untilNs - fromNs < 1_000_000_000n);
  }
  // A machine may stand still again meanwhile.
  const again = metronome.take().filter(({ fromNs }) => found.some((told) => told.fromNs === fromNs));
  t.same(again, [], 'each is told once');
});

t.test('ordinary work, however much, is no standstill', { skip }, async (t) => {
  const metronome = startMetronome();
  t.teardown(metronome.stop);
  const spin = `const until = Date.now() + 500; while (Date.now() < until);`;
  const busy = Array.from({ length: 2 * availableParallelism() }, () => spawn(process.execPath, ['-e', spin]));
  await Promise.all(busy.map((child) => once(child, 'exit')));
  const long = metronome.take().filter(({ fromNs, untilNs }) => untilNs - fromNs > 100_000_000n);
  t.same(long, []);
});
