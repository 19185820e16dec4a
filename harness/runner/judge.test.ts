import t from 'tap';
import { act, OVER } from '../check/literal-history.ts';
import { fail, pass, unknown } from '../check/verdict.ts';
import { judge, type Word, worst } from './judge.ts';

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

t.test('a checker is given what is to be judged, and everything', async (t) => {
  const [before, during] = [act(1, 'before'), act(2, 'during')];
  const seen = judge((some, all) => pass('seen', [...some, ...(all ?? [])]), [during], [before, during]);
  t.same(seen, { verdict: 'pass', because: 'seen', evidence: [during, before, during] });
});

t.test('a verdict is the checker’s own', async (t) => {
  for (const verdict of [pass('a'), fail('b', [OVER]), unknown('c')])
    t.equal(
      judge(() => verdict, [], []),
      verdict,
    );
});

t.test('a checker that throws has proved nothing, and its words are kept', async (t) => {
  const broken = (thrown: unknown) =>
    judge(
      () => {
        throw thrown;
      },
      [],
      [],
    );
  t.match(broken(new TypeError('no such leg')), {
    verdict: 'unknown',
    because: /^the checker itself broke: TypeError: no such leg\n +at /,
  });
  t.same(broken('text'), { verdict: 'unknown', because: 'the checker itself broke: text', evidence: [] });
});
