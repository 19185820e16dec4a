import t from 'tap';
import { checker, inHistory } from '../check/claim.ts';
import { act, OVER } from '../check/literal-history.ts';
import { fail, pass, unknown } from '../check/verdict.ts';
import { judge, judgeClaims, verdictOfTest, type Word, worst } from './judge.ts';

t.test('a whole is as bad as its worst part, and nothing proves nothing', async (t) => {
  const table: [Word[], Word][] = [
    [[], 'unknown'],
    [['pass'], 'pass'],
    [['pass', 'pass'], 'pass'],
    [['pass', 'unknown', 'pass'], 'unknown'],
    [['unknown', 'fail'], 'fail'],
    [['pass', 'fail', 'unknown'], 'fail'],
  ];
  for (const [verdicts, expected] of table) t.equal(worst(verdicts), expected, verdicts.join());
});

/** Passes, and shows all that it was given. */
const shows = checker(function shows(_: Record<string, never>) {
  return (during, all = []) => pass('seen', [...during, ...all]);
});

const says = checker(function says({ word }: { word: 'pass' | 'fail' | 'unknown' }) {
  return () => ({ pass, fail, unknown })[word](`it is ${word}`, [OVER]);
});

const breaksDown = checker(function breaksDown({ typed }: { typed: boolean }) {
  return () => {
    throw typed ? new TypeError('no such leg') : 'text';
  };
});

t.test('a checker is given what is to be judged, and everything', async (t) => {
  const [before, during] = [act(1, 'before'), act(2, 'during')];
  const seen = judge(shows({}), [during], [before, during]);
  t.same(seen, { verdict: 'pass', because: 'seen', evidence: [during, before, during] });
});

t.test('a verdict is the checker’s own', async (t) => {
  for (const word of ['pass', 'fail', 'unknown'] as const) {
    t.same(judge(says({ word }), [], []), { verdict: word, because: `it is ${word}`, evidence: [OVER] });
  }
});

t.test('a checker that throws has proved nothing, and its words are kept', async (t) => {
  t.match(judge(breaksDown({ typed: true }), [], []), {
    verdict: 'unknown',
    because: /^the checker itself broke: TypeError: no such leg\n +at /,
  });
  t.same(judge(breaksDown({ typed: false }), [], []), {
    verdict: 'unknown',
    because: 'the checker itself broke: text',
    evidence: [],
  });
});

t.test(
  'a test is judged by what came since it was at rest; a claim about another lab, by that lab’s history',
  async (t) => {
    const all = [act(1, 'before'), act(2, 'during')];
    const claims = { 'it was seen': shows({}), 'and there': inHistory('elsewhere@prior-art', shows({})) };
    const checks = judgeClaims({ title: 'seen', span: { fromNs: 2e6, untilNs: 3e6 }, claims }, all, (folder) => [
      act(9, folder),
    ]);
    t.match(checks, [
      { name: 'it was seen', verdict: 'pass', evidence: [/during/, /before/, /during/] },
      { name: 'and there', verdict: 'pass', evidence: [/9.000 ms {2}elsewhere@prior-art/, /elsewhere@prior-art/] },
    ]);
  },
);

t.test('a test has the verdict of its worst claim, and says which that is', async (t) => {
  const check = (name: string, verdict: Word) => ({ name, verdict, because: `it is ${verdict}`, evidence: [] });
  t.same(verdictOfTest([check('a', 'pass'), check('b', 'unknown'), check('c', 'fail')]), {
    verdict: 'fail',
    because: 'c: it is fail',
  });
  t.same(verdictOfTest([]), { verdict: 'unknown', because: 'the test claimed nothing' });
});
