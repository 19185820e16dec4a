import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { history, standstill, starved } from './literal-history.ts';
import { dueNs, happenedAfterNs, isWithin, ranNs } from './standstill.ts';

const MS = 1_000_000;

t.test('what the machine stood still does not count, as far as it lies within', async (t) => {
  const all = history(standstill(10, 20), standstill(30, 35));
  const ranMs = (from: number, until: number) => ranNs(all, from * MS, until * MS) / MS;
  t.equal(ranMs(0, 5), 5, 'before');
  t.equal(ranMs(0, 15), 10, 'its beginning');
  t.equal(ranMs(15, 25), 5, 'its end');
  t.equal(ranMs(12, 18), 0, 'within it');
  t.equal(ranMs(0, 50), 35, 'both');
  t.equal(ranMs(20, 30), 10, 'between the two');
  t.equal(ranMs(5, 0), -5, 'what came before is as much before');
});

t.test('a bound ends as much later as the machine stood still until then', async (t) => {
  const all = history(standstill(10, 20), standstill(30, 35));
  const dueMs = (from: number, bound: number) => dueNs(all, from * MS, bound) / MS;
  t.equal(dueMs(0, 5), 5, 'before');
  t.equal(dueMs(0, 10), 20, 'when it began to');
  t.equal(dueMs(15, 5), 25, 'from within it');
  t.equal(dueMs(0, 25), 40, 'twice');
  t.equal(dueMs(20, 9), 29, 'between the two');
  t.equal(dueMs(40, 5), 45, 'afterwards');
});

t.test('what is within a bound ran no longer than that, and the other way round', async (t) => {
  const whole = fc.integer({ min: 0, max: 60 });
  const pauses = fc.array(fc.record({ gap: fc.integer({ min: 1, max: 9 }), length: fc.integer({ min: 1, max: 9 }) }));
  const run = fc.check(
    fc.property(pauses, whole, whole, whole, (lengths, from, took, bound) => {
      let atMs = 0;
      const stood = lengths.map(({ gap, length }) => {
        const began = atMs + gap;
        atMs = began + length;
        return standstill(began, atMs);
      });
      const [fromNs, untilNs] = [from * MS, (from + took) * MS];
      return isWithin(stood, fromNs, untilNs, bound) === ranNs(stood, fromNs, untilNs) <= bound * MS;
    }),
    { seed: 20_261_126, numRuns: 2000 },
  );
  t.notOk(run.failed, JSON.stringify(run.counterexample));
});

t.test('a node that others keep from the processors gets as much more time as it waited', async (t) => {
  const all = history(starved(10, 30, 5), standstill(40, 50));
  const dueMs = (from: number, bound: number) => dueNs(all, from * MS, bound) / MS;
  t.equal(dueMs(0, 10), 10, 'when it began to wait');
  t.equal(dueMs(0, 16), 18, 'three quarters of the time are its own');
  t.equal(dueMs(0, 25), 30, 'when it ended');
  t.equal(dueMs(20, 5), 20 + 5 / 0.75);
  t.equal(dueMs(0, 36), 51, 'and the machine stood still besides');
  t.equal(ranNs(all, 0, 30 * MS) / MS, 25);
  t.equal(ranNs(all, 20 * MS, 30 * MS) / MS, 7.5, 'its part of a time');
  t.equal(ranNs(history(starved(10, 30, 25)), 0, 40 * MS) / MS, 20, 'never more than there was');
});

t.test('and what is within a bound ran no longer, there too', async (t) => {
  const whole = fc.integer({ min: 0, max: 60 });
  const parts = fc.array(fc.record({ length: fc.integer({ min: 1, max: 9 }), share: fc.integer({ min: 0, max: 10 }) }));
  const run = fc.check(
    fc.property(parts, whole, whole, whole, (spans, from, took, bound) => {
      let atMs = 0;
      const lost = spans.map(({ length, share }) => {
        const began = atMs;
        atMs += length;
        return share === 10 ? standstill(began, atMs) : starved(began, atMs, (length * share) / 10);
      });
      const [fromNs, untilNs] = [from * MS, (from + took) * MS];
      const leftNs = bound * MS - ranNs(lost, fromNs, untilNs);
      return Math.abs(leftNs) < 1 || isWithin(lost, fromNs, untilNs, bound) === leftNs > 0;
    }),
    { seed: 20_261_127, numRuns: 2000 },
  );
  t.notOk(run.failed, JSON.stringify(run.counterexample));
});

/** A time that is held against a bound without asking how long the machine stood still. */
const OF_ITS_OWN = /[<>]=? *\(?(?:\w+\.)?(?:withinMs|toldWithinMs|atOnceMs) \* NS_PER_MS/;

t.test('no checker holds time against a bound by itself', async (t) => {
  for (const name of readdirSync(import.meta.dirname).filter((file) => file.endsWith('.ts'))) {
    if (name.endsWith('.test.ts')) continue;
    const lines = readFileSync(`${import.meta.dirname}/${name}`, 'utf8').split('\n');
    t.same(
      lines.filter((line) => OF_ITS_OWN.test(line)),
      [],
      `${name} does so by isWithin() or dueNs()`,
    );
  }
  t.match('return tookNs <= withinMs * NS_PER_MS ? pass : fail;', OF_ITS_OWN);
});

t.test('what is read in a standstill, or just after it, may have happened since its beginning', async (t) => {
  const all = history(standstill(10, 20), standstill(20, 25), standstill(30, 35));
  const afterMs = (read: number) => happenedAfterNs(all, read * MS) / MS;
  t.equal(afterMs(9), 9, 'before');
  t.equal(afterMs(33), 30, 'in it');
  t.equal(afterMs(35.5), 30, 'just after it');
  t.equal(afterMs(36), 30, 'a millisecond after it');
  t.equal(afterMs(36.5), 36.5, 'later');
  t.equal(afterMs(25.5), 10, 'one follows another');
});
