import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { compressHistory } from './compressed.ts';
import type { HistoryEvent } from './event.ts';
import { toLine } from './line.ts';
import { EVENTS, frame } from './literal-events.ts';
import { inOrderOfTime, readHistory, readRecorded } from './read.ts';
import { openHistory } from './recorder.ts';

/** Wait for a condition; the assertion that follows tells when it did not come. */
async function until(condition: () => boolean, deadlineMs: number): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  while (!condition() && performance.now() < deadline) await setTimeout(2);
}

t.test('events come back sorted by time, from memory and from the file', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const history = openHistory({ file });
  for (const event of EVENTS) history.record(event);
  const sorted = EVENTS.toSorted((one, other) => one.atNs - other.atNs);
  t.strictSame(history.events(), sorted);
  history.close();
  t.strictSame(readHistory(file), sorted);
  t.strictSame(readRecorded(file), EVENTS, 'or in the order in which they were recorded');
  t.strictSame(inOrderOfTime(EVENTS), sorted);
  const compressed = await compressHistory(file);
  t.notOk(existsSync(file));
  t.strictSame(readHistory(compressed), sorted, 'compressed');
  t.strictSame(readHistory(file), sorted, 'compressed, by its former name');
});

t.test('a glimpse shows the same, from an instant on, and copies nothing of the whole', async (t) => {
  const history = openHistory();
  for (const event of EVENTS) history.record(event);
  const [, second, last] = history.events().map(({ atNs }) => atNs);
  t.strictSame(history.glimpse(0), history.events());
  t.strictSame(history.glimpse(second ?? 0), history.events(second));
  t.equal(history.glimpse(0), history.glimpse(0));
  const kept = history.events();
  history.record({ kind: 'act', atNs: last ?? 0, what: 'later' });
  t.equal(history.glimpse(0).length, kept.length + 1);
});

t.test('events of one instant keep the order of recording', async (t) => {
  const history = openHistory();
  for (const leg of ['b', 'a', 'c']) history.record({ ...frame(5, new Uint8Array()), leg });
  history.record(frame(1, new Uint8Array()));
  t.same(
    history.events().map((event) => (event.kind === 'frame' ? event.leg : '')),
    ['access', 'b', 'a', 'c'],
  );
});

t.test('what events() gave is not changed by what is recorded later', async (t) => {
  const history = openHistory();
  history.record(frame(5, new Uint8Array()));
  const before = history.events();
  history.record(frame(1, new Uint8Array()));
  t.equal(before.length, 1);
  t.same(
    history.events().map((event) => event.atNs),
    [1, 5],
  );
});

t.test('any frame survives the file byte by byte', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const property = fc.property(fc.array(fc.uint8Array({ maxLength: 2000 }), { maxLength: 20 }), (frames) => {
    const history = openHistory({ file });
    frames.forEach((bytes, index) => {
      history.record(frame(index, bytes));
    });
    history.close();
    assert.deepEqual(readHistory(file), history.events());
  });
  const outcome = fc.check(property, { numRuns: 50 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});

t.test('lines reach the file within a moment, without being asked', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const history = openHistory({ file });
  const { size } = statSync(file);
  history.record(frame(1, Uint8Array.of(7)));
  t.equal(statSync(file).size, size, 'not one write for each event');
  const recorded = performance.now();
  await until(() => statSync(file).size > size, 2000);
  t.strictSame(readHistory(file), [frame(1, Uint8Array.of(7))]);
  t.ok(performance.now() - recorded < 1000);
  history.close();
});

t.test('an uncaught error loses nothing', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const program = `
    import { openHistory } from ${JSON.stringify(new URL('recorder.ts', import.meta.url).href)};
    openHistory({ file: ${JSON.stringify(file)} }).record({ kind: 'act', atNs: 1, what: 'crash' });
    throw new Error('crash');`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  t.match(run.stderr, /Error: crash/);
  t.strictSame(readHistory(file), [{ kind: 'act', atNs: 1, what: 'crash' }]);
});

t.test('a line that a crash cut short is left out, a damaged one inside is an error that names it', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const history = openHistory({ file });
  history.record(frame(1, Uint8Array.of(7)));
  history.close();
  const whole = readFileSync(file, 'utf8');
  appendFileSync(file, '{"kind":"act","atNs"');
  t.equal(readHistory(file).length, 1);

  const damaged = [
    ['{"kind":"act","atNs"', /expected object/],
    ['{"kind":"toString","atNs":1}', /at kind/],
    ['{"kind":"act","atNs":1}', /at what/],
    ['{"kind":"act","atNs":"1","what":"kill"}', /at atNs/],
    ['{"kind":"act","atNs":1,"what":"kill","when":2}', /"when"/],
    [
      toLine(frame(1, Uint8Array.of(7)))
        .replace('Bw==', '*')
        .trimEnd(),
      /at bytes/,
    ],
    ['null', /expected object/],
  ] as const;
  for (const [line, because] of damaged) {
    writeFileSync(file, `${whole}${line}\n${whole}`);
    t.throws(() => readHistory(file), /line 3: not an event/);
    t.throws(() => readHistory(file), because);
  }
});

t.test('the clock counts from the start that was given, on CLOCK_MONOTONIC', async (t) => {
  const startedNs = process.hrtime.bigint() - 5_000_000_000n;
  const history = openHistory({ startedNs });
  t.equal(history.fromMonotonic(startedNs + 42n), 42);
  const nowNs = history.nowNs();
  t.ok(nowNs >= 5e9 && nowNs < 65e9, `${nowNs}`);
  t.ok(openHistory().nowNs() < 60e9, 'without one it begins now');
});

t.test('a file says by which clock its instants are, and one by another is refused', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  openHistory({ file, startedNs: 42n }).close();
  const header = JSON.parse(readFileSync(file, 'utf8'));
  const format = { format: 'onevip history', version: 2, clock: 'CLOCK_MONOTONIC', unit: 'ns', startedNs: '42' };
  t.strictSame(header, format);
  t.same(readHistory(file), []);
  const other: [object, RegExp][] = [
    [{ clock: 'CLOCK_BOOTTIME' }, /does not say clock CLOCK_MONOTONIC/],
    [{ version: 1 }, /it is of version 1, and this program reads 2/],
    [{ format: 'pcap' }, /does not say format onevip history/],
  ];
  for (const [field, because] of other) {
    writeFileSync(file, `${JSON.stringify({ ...format, ...field })}\n`);
    t.throws(() => readHistory(file), because);
  }
  writeFileSync(file, '');
  t.throws(() => readHistory(file), /does not say format onevip history/);
});

t.test('recording into a closed history is refused; closing twice is not', async (t) => {
  const history = openHistory({ file: join(t.testdir(), 'history.jsonl') });
  history.close();
  history.close();
  t.throws(() => history.record(frame(1, new Uint8Array())), /after the history was closed/);
});

t.test('50,000 frames a second leave most of a core free', async (t) => {
  const file = join(t.testdir(), 'history.jsonl');
  const history = openHistory({ file });
  const bytes = new Uint8Array(200);
  const before = process.cpuUsage();
  for (let index = 0; index < 50_000; index++) history.record(frame(index, bytes));
  history.close();
  const { user, system } = process.cpuUsage(before);
  t.ok(user + system < 500_000, `${user + system} µs of processor time for one second of traffic`);
  t.equal(readHistory(file).length, 50_000);
});

t.test('whenever it is asked, everything is there in order, from an instant on', async (t) => {
  const act = fc.record({ atNs: fc.integer({ min: 0, max: 30 }), look: fc.boolean() });
  const run = fc.check(
    fc.property(fc.array(act), fc.integer({ min: -1, max: 31 }), (acts, sinceNs) => {
      const recorder = openHistory();
      const all: HistoryEvent[] = [];
      for (const [i, { atNs, look }] of acts.entries()) {
        const event: HistoryEvent = { kind: 'act', what: `${i}`, atNs };
        recorder.record(event);
        all.push(event);
        if (look) recorder.events();
      }
      const sorted = all.toSorted((one, other) => one.atNs - other.atNs);
      const wanted = sorted.filter((event) => event.atNs >= sinceNs);
      return isDeepStrictEqual(recorder.events(sinceNs), wanted) && isDeepStrictEqual(recorder.events(), sorted);
    }),
    { seed: 20_261_123, numRuns: 500 },
  );
  t.notOk(run.failed, JSON.stringify(run));
});
