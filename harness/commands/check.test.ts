import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import t from 'tap';
import { ONE, storeSuite } from '../runner/literal-run.ts';

const CLI = path.resolve(import.meta.dirname, '../cli.ts');
const ID = '20261126-000000-aaaa';
t.setTimeout(120_000);

/** A folder of runs, in which the last one has these suites; a change spoils the history of the first. */
function runsWith(t: { testdir(): string }, suites: string[], spoil?: (history: string) => string): string {
  const runs = t.testdir();
  mkdirSync(path.join(runs, ID));
  symlinkSync(ID, path.join(runs, 'latest'));
  for (const suite of suites) storeSuite(path.join(runs, ID, suite), ONE);
  const file = path.join(runs, ID, suites[0] ?? '', 'history.jsonl');
  if (spoil) writeFileSync(file, spoil(readFileSync(file, 'utf8')));
  return runs;
}

async function check(runs: string, ...words: string[]) {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [CLI, 'check', ...words], {
    reject: false,
    env: { ONEVIP_RUNS: runs, FORCE_COLOR: '0' },
  });
  return { exitCode, stdout, stderr };
}

t.test('a run is judged again, and printed as when it ran', async (t) => {
  const runs = runsWith(t, ['idle@invention', 'idle@invention-flat']);
  const { exitCode, stdout, stderr } = await check(runs, 'latest');
  t.equal(exitCode, 0, stderr);
  t.match(stdout, /^ +[\d.]+ same {4}idle@invention: 1 as they were$/m);
  t.match(stdout, /^HA-6 {5}✓ pass {4}idle: nothing is lost$/m);
  t.match(stdout, /^2 passed, 0 failed, 0 unknown, 0 skipped$/m);
  t.match(stdout, /2 verdicts by stored histories and today’s checkers, each is as it was$/);
  t.equal((await check(runs, ID, 'idle')).exitCode, 0, 'by its id, and by the name of a suite');
});

t.test('what a changed history says is told beside what it said, and ends as a run would', async (t) => {
  const runs = runsWith(t, ['idle@invention'], (text) => text.replaceAll('"answered"', '"lost"'));
  const { exitCode, stdout } = await check(runs, 'latest');
  t.equal(exitCode, 1);
  t.match(stdout, /differs idle@invention: 1 of 1 differ/);
  t.match(
    stdout,
    /differs: idle: nothing is lost: was pass, is fail\n {2}none is lost: was pass, is fail: 2 of 2 probes/,
  );
});

t.test('a suite that cannot be read proves nothing; the others are judged', async (t) => {
  const spoil = (text: string) => text.replace('"tcp"', '"sctp"');
  const runs = runsWith(t, ['busy@invention', 'idle@invention'], spoil);
  const { exitCode, stdout } = await check(runs, 'latest');
  t.equal(exitCode, 2);
  t.match(stdout, /broken {2}busy@invention: not judged/);
  t.match(stdout, /same {4}idle@invention/);
  t.match(stdout, /not judged: .*busy@invention\/history.jsonl, line 3: not an event of a history: .* at protocol/);
  t.match(stdout, /run these suites again/);
});

t.test('a run of which nothing can be read, or that is not there, is an error that says so', async (t) => {
  const old = runsWith(t, ['idle@invention'], (text) => text.replace('"version":2', '"version":1'));
  const { exitCode, stdout, stderr } = await check(old, 'latest');
  t.equal(exitCode, 2);
  t.notMatch(stdout, /requirements proved/);
  t.match(stderr, /^onevip: not judged: .*history.jsonl is no history that this program reads: it is of version 1/);
  t.match(stderr, /or judge them by the version of onevip that ran them/);
  t.notMatch(stderr, /^ {4}at /m, 'no stack');

  const wrong: [words: string[], says: RegExp][] = [
    [['nothere'], /^onevip: no run is named nothere: the last ones are 20261126-000000-aaaa; `latest` is/],
    [['latest', 'arp'], /^onevip: the run has no suite arp; it has idle/],
    [['.'], /^onevip: .* holds no history of any suite/],
  ];
  for (const [words, says] of wrong) {
    const { exitCode, stderr } = await check(old, ...words);
    t.equal(exitCode, 64, words.join(' '));
    t.match(stderr, says);
  }
});

t.test('of suites that shared a lab each is judged by the history of that lab, and can be named alone', async (t) => {
  const runs = runsWith(t, []);
  const [one, other] = ['nothing is lost', 'all is well'].map((title, index) => {
    const { recorded, tests, results } = ONE;
    const shiftNs = index * 200e6;
    return {
      recorded: recorded.map((event) => ({ ...event, atNs: event.atNs + shiftNs, ...('title' in event && { title }) })),
      tests: tests.map(({ span, ...test }) => ({
        ...test,
        title,
        span: { fromNs: span.fromNs + shiftNs, untilNs: span.untilNs + shiftNs },
      })),
      results: results.map((result) => ({ ...result, title, suite: index === 0 ? 'idle' : 'busy' })),
    };
  });
  if (!one || !other) throw new Error('there are two');
  storeSuite(path.join(runs, ID, 'lab-of-idle@invention'), {
    recorded: [...one.recorded, ...other.recorded],
    tests: [...one.tests, ...other.tests],
    results: [...one.results, ...other.results],
  });
  const both = await check(runs, 'latest');
  t.equal(both.exitCode, 0, both.stderr);
  t.match(both.stdout, /^ +[\d.]+ same {4}idle@invention, busy@invention: 2 as they were$/m);
  const alone = await check(runs, 'latest', 'busy');
  t.match(alone.stdout, /^ +[\d.]+ same {4}busy@invention: 1 as they were$/m);
  t.match((await check(runs, 'latest', 'arp')).stderr, /^onevip: the run has no suite arp; it has idle, busy/);
});
