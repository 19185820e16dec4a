import t from 'tap';
import { ImpairedDirection, type Impairment } from './impairment.ts';
import { randomFrom } from './random.ts';

/** Ten thousand frames, a millisecond apart; when each came out, and in which order. */
function through(impairment: Impairment) {
  const direction = new ImpairedDirection<number>(impairment, randomFrom(7));
  const out: { frame: number; atMs: number }[] = [];
  for (let ms = 0; ms < 10_500; ms++) {
    if (ms < 10_000) direction.take(ms, ms);
    for (const frame of direction.due(ms)) out.push({ frame, atMs: ms });
  }
  return { out, counts: direction.counts, nextMs: direction.nextMs() };
}

t.test('a good cable passes each frame once, at once and in order', async (t) => {
  const { out, counts, nextMs } = through({});
  t.same(counts, { passed: 10_000, lost: 0, duplicated: 0, overtaking: 0 });
  t.ok(out.every(({ frame, atMs }, index) => frame === index && atMs === index));
  t.equal(nextMs, Number.POSITIVE_INFINITY);
});

t.test('a slow one delays each by what is said, within the jitter, and keeps their order', async (t) => {
  const { out } = through({ delayMs: 30, jitterMs: 20 });
  const delays = out.map(({ frame, atMs }) => atMs - frame);
  t.ok(Math.min(...delays) >= 30 && Math.min(...delays) <= 40, `${Math.min(...delays)} ms`);
  t.ok(Math.max(...delays) <= 51 && Math.max(...delays) >= 48, `${Math.max(...delays)} ms`);
  t.ok(out.every(({ frame }, index) => frame === index));
});

t.test('a bad one loses, doubles and reorders as many as is said', async (t) => {
  const { out, counts } = through({ delayMs: 5, lostPerMille: 100, duplicatedPerMille: 50, overtakingPerMille: 20 });
  t.equal(counts.passed + counts.lost, 10_000);
  t.equal(out.length, counts.passed + counts.duplicated);
  const near = (count: number, wanted: number) => Math.abs(count - wanted) < 5 * Math.sqrt(wanted);
  t.ok(near(counts.lost, 1000) && near(counts.duplicated, 450) && near(counts.overtaking, 180), JSON.stringify(counts));
  const overtaken = out.filter(({ frame }, index) => frame < (out[index - 1]?.frame ?? 0)).length;
  t.ok(near(overtaken, counts.overtaking), 'each overtakes those that wait');
  t.equal(new Set(out.map(({ frame }) => frame)).size, counts.passed);
});
