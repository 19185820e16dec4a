import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { inHistory } from '../check/claim.ts';
import { act, arp, OVER, probe, testRun, watched } from '../check/literal-history.ts';
import { between } from '../check/span.ts';
import { judgeAlways } from './always.ts';
import { differenceLines, differs } from './differences.ts';
import { type JudgedAgain, judgeAgain } from './judge-again.ts';
import { claimed, type Folder, none, OF, ONE, RUN, SETTING, store, stored, storeSuite } from './literal-run.ts';

/** Stores a suite in the test's folder. */
function suiteFolder(t: { testdir(): string }, stored: Folder): string {
  const folder = t.testdir();
  storeSuite(folder, stored);
  return folder;
}

const words = (again: readonly JudgedAgain[]): string[] =>
  again.map(({ stored, now, kept }) => `${stored?.verdict} ${now.verdict}${kept ? ` ${kept}` : ''}`);

t.test('a stored history has the verdict that it had', async (t) => {
  const [again] = judgeAgain(suiteFolder(t, ONE));
  t.match(again?.now, { verdict: 'pass', because: /^none is lost: none of 2 probes/, proves: ['HA-6'], ...OF });
});

t.test('one that says otherwise has another verdict, which is said', async (t) => {
  const lost = RUN.map((event) => (event.kind === 'probe' ? { ...event, outcome: 'lost' as const } : event));
  const again = judgeAgain(suiteFolder(t, { ...ONE, recorded: lost }));
  t.same(words(again), ['pass fail']);
  t.match(differenceLines(again), [
    'differs: idle: nothing is lost: was pass, is fail',
    /^ {2}none is lost: was pass, is fail: 2 of 2 probes ended lost/,
    '1 verdicts by stored histories and today’s checkers, 1 of them not as stored',
  ]);
});

t.test('a claim whose verdict is another one is said, though the test has the same', async (t) => {
  const check = (name: string, verdict: 'pass' | 'fail') => ({
    name,
    verdict,
    because: `it is ${verdict}`,
    evidence: [],
  });
  const was = { ...stored('nothing is lost', 'fail'), checks: [check('a', 'fail'), check('b', 'pass')] };
  const now = { ...was, checks: [check('a', 'fail'), check('b', 'fail')] };
  t.notOk(differs({ stored: was, now: was }));
  t.ok(differs({ stored: was, now }));
  t.match(differenceLines([{ stored: was, now }]), [
    /was fail, is fail/,
    /^ {2}b: was pass, is fail: it is fail$/,
    /^1 /,
  ]);
  t.match(differenceLines([{ now }]), [/was not judged, is fail/, /a: was not asked, is fail/, /b: /, /^1 /]);
});

t.test(
  'a test is judged by what was recorded until it ended, and of that by what came since it was at rest',
  async (t) => {
    const before = probe(104, { outcome: 'lost' });
    const readLate = probe(130, { outcome: 'lost' });
    t.same(words(judgeAgain(suiteFolder(t, { ...ONE, recorded: [before, ...RUN, readLate] }))), ['pass pass']);
    const inTime = [...RUN.slice(0, -1), readLate, ...RUN.slice(-1)];
    t.same(words(judgeAgain(suiteFolder(t, { ...ONE, recorded: inTime }))), ['pass fail']);
  },
);

t.test('a test that was skipped, or threw, keeps what was stored', async (t) => {
  const results = [
    stored('nothing is lost', 'skip'),
    stored('nothing is lost', 'fail', 'the test ran to its end'),
    stored('nothing is lost', 'pass'),
  ];
  const again = judgeAgain(suiteFolder(t, { ...ONE, results }));
  t.same(words(again), ['skip skip were skipped', 'fail fail did not run to their end', 'pass pass']);
  t.same(differenceLines(again), [
    '1 verdicts by stored histories and today’s checkers, each is as it was; 1 kept as stored, which were skipped; ' +
      '1 kept as stored, which did not run to their end',
  ]);
});

t.test('each of several runs of a test is judged by its own claims', async (t) => {
  const lost = [...testRun('nothing is lost', 300, 400)].flatMap((mark) =>
    mark.phase === 'ends' ? [probe(310, { outcome: 'lost' }), mark] : [mark],
  );
  const again = judgeAgain(
    suiteFolder(t, {
      recorded: [...RUN, ...lost],
      tests: [claimed('nothing is lost', 105, 200), claimed('nothing is lost', 305, 400)],
      results: [stored('nothing is lost', 'pass'), stored('nothing is lost', 'fail')],
    }),
  );
  t.same(words(again), ['pass pass', 'fail fail']);
});

t.test('each test is judged by its own claims, whatever the order', async (t) => {
  const other = testRun('all is lost', 300, 400);
  const recorded = [...RUN, ...other.slice(0, 1), probe(310, { outcome: 'lost' }), ...other.slice(1)];
  const tests = [claimed('all is lost', 305, 400), claimed('nothing is lost', 105, 200)];
  const results = [stored('nothing is lost', 'pass'), stored('all is lost', 'fail')];
  t.same(words(judgeAgain(suiteFolder(t, { recorded, tests, results }))), ['pass pass', 'fail fail']);
});

t.test('a history without a test’s end says nothing of the test', async (t) => {
  const again = judgeAgain(suiteFolder(t, { ...ONE, recorded: RUN.slice(0, -1) }));
  t.match(again, [{ now: { verdict: 'unknown', because: /does not end in it at the instant/ } }]);
});

t.test('a claim about another lab is judged by that lab’s history', async (t) => {
  const there = inHistory('elsewhere@prior-art', between({ untilNs: 9e6 }, none));
  const folder = suiteFolder(t, { ...ONE, tests: [claimed('nothing is lost', 105, 200, there)] });
  store(path.join(folder, 'elsewhere@prior-art'), [probe(1, { outcome: 'lost' }), probe(2), probe(12)]);
  t.same(words(judgeAgain(folder)), ['pass fail']);
});

t.test('what holds in every suite is judged again, unless the suite never came to that', async (t) => {
  const lans = [...new Set(SETTING.places.map(({ lan }) => lan))];
  const port = { lan: 'access', node: 'fw1', leg: 'access' };
  const fields = { operation: 'request' as const, senderMac: '02:00:00:00:00:01', senderIp: '10.77.1.2' };
  const asks = arp({ atMs: 300, from: port, to: [] }, { ...fields, targetIp: SETTING.cluster[0] ?? '' });
  const recorded = [...lans.map((lan) => watched('frames', lan)), ...RUN, ...asks, OVER];
  const always = judgeAlways({ setting: SETTING, breaks: {}, unshown: {} }, recorded, OF);
  const again = judgeAgain(suiteFolder(t, { ...ONE, recorded, results: [...ONE.results, ...always] }));
  t.same(
    again.slice(1).map(({ stored, now }) => [stored?.verdict, now.verdict]),
    always.map(({ verdict }) => [verdict, verdict]),
  );
  t.ok(always.some(({ verdict }) => verdict === 'fail'));
  t.equal(judgeAgain(suiteFolder(t, { ...ONE, recorded })).length, 1, 'it was interrupted');
});

t.test('a file that cannot be read is named, with what is wrong with it', async (t) => {
  const broken = (file: string, change: (text: string) => string): (() => JudgedAgain[]) => {
    const folder = suiteFolder(t, ONE);
    const name = path.join(folder, file);
    writeFileSync(name, change(readFileSync(name, 'utf8')));
    return () => judgeAgain(folder);
  };
  t.throws(
    broken('history.jsonl', (text) => text.replace('"version":2', '"version":1')),
    /history.jsonl .*version 1/,
  );
  t.throws(
    broken('history.jsonl', (text) => text.replace('"tcp"', '"sctp"')),
    /history.jsonl, line 3: .* at protocol/,
  );
  t.throws(
    broken('claims.json', (text) => text.replace('"version": 1', '"version": 0')),
    /claims.json .*\n.*\n.*version/,
  );
  t.throws(
    broken('claims.json', (text) => text.replace('"nlbs"', '"vip"')),
    /claims.json holds no claims/,
  );
  t.throws(
    broken('claims.json', (text) => text.slice(0, 90)),
    /claims.json cannot be read: .*JSON/,
  );
  t.throws(
    broken('verdicts.json', (text) => text.replace('"pass"', '"fine"')),
    /verdicts.json holds no verdicts/,
  );
  t.throws(() => judgeAgain(t.testdir()), /verdicts.json is missing/);
});

t.test('a suite that was interrupted in its first test claimed nothing', async (t) => {
  const folder = suiteFolder(t, { recorded: [act(1, 'kill')], tests: [], results: [] });
  t.same(judgeAgain(folder), []);
});
