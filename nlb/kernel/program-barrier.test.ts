import { closeSync } from 'node:fs';
import t from 'tap';
import { createArray, indexKey, putEntry } from './bpf-map.ts';
import { monotonicNs } from './clock.ts';
import { openProgramBarrier } from './program-barrier.ts';

t.test('it waits as long as running programs may take, and the thread goes on meanwhile', async (t) => {
  const [barrier, plain] = [openProgramBarrier(), createArray('plain', 4, 1)];
  const timed = async (act: () => unknown): Promise<number> => {
    const began = monotonicNs();
    await act();
    return Number(monotonicNs() - began) / 1e6;
  };
  const [waited, written]: [number[], number[]] = [[], []];
  let turns = 0;
  const turning = setInterval(() => turns++, 1);
  for (let round = 0; round < 20; round++) {
    waited.push(await timed(barrier.pass));
    written.push(await timed(() => putEntry(plain, indexKey(0), indexKey(round))));
  }
  clearInterval(turning);
  barrier.close();
  closeSync(plain);
  const least = Math.min(...waited);
  t.comment(
    `${least.toFixed(2)} to ${Math.max(...waited).toFixed(1)} ms; ${Math.min(...written).toFixed(3)} without waiting`,
  );
  t.ok(least > 10 * Math.min(...written), 'no write of a map takes so long');
  t.ok(turns > 5, `${turns} turns of the event loop`);
});
