import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import t from 'tap';
import { history, standstill } from './literal-history.ts';
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
