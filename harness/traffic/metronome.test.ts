import t from 'tap';
import { openMetronome } from './metronome.ts';
import { Pacer } from './pacer.ts';

t.test('no alarm rings before its time, none twice, and none that was called off or replaced', async (t) => {
  const metronome = await openMetronome();
  const rung: string[] = [];
  const off = metronome.after(3, () => rung.push('called off'));
  off();
  metronome.after(1, () => rung.push('replaced'));
  const startedMs = metronome.nowMs();
  await new Promise<void>((resolve) =>
    metronome.after(5, () => {
      rung.push('wanted');
      resolve();
    }),
  );
  t.ok(metronome.nowMs() - startedMs >= 5);
  await new Promise<void>((resolve) => metronome.after(0, resolve));
  await new Promise<void>((resolve) => metronome.after(4, resolve));
  t.same(rung, ['wanted']);
  await metronome.close();
});

t.test('it waits for less than a millisecond where less is asked for, which timers do not', async (t) => {
  const metronome = await openMetronome();
  const waited = async (): Promise<number> => {
    const sinceMs = metronome.nowMs();
    await new Promise<void>((resolve) => metronome.after(0.4, resolve));
    return metronome.nowMs() - sinceMs;
  };
  // However busy the machine is, it lets one of so many be on time.
  let leastMs = Number.POSITIVE_INFINITY;
  for (let turn = 0; turn < 500; turn++) leastMs = Math.min(leastMs, await waited());
  t.ok(leastMs >= 0.4 && leastMs < 0.9, `the shortest took ${leastMs.toFixed(2)} ms`);
  await metronome.close();
});

t.test('a pacer sends by it', async (t) => {
  const metronome = await openMetronome();
  const { promise, resolve } = Promise.withResolvers<void>();
  const turns: number[] = [];
  const pacer = new Pacer(
    1000,
    (turn) => {
      turns.push(turn);
      if (turns.length === 50) resolve();
    },
    metronome,
  );
  await promise;
  pacer.stop();
  const sent = turns.length;
  await metronome.close();
  t.equal(turns.length, sent, 'and no more once it is stopped');
});
