import t from 'tap';
import { type Claim, checker, inHistory, verdictOn } from './claim.ts';
import { act } from './literal-history.ts';
import { noneLost } from './probes.ts';
import { after, between } from './span.ts';
import { textLike } from './takeover-logged.ts';
import { pass } from './verdict.ts';

/** Takes anything, and counts what it is given. */
const counts = checker(function counts(options: unknown) {
  return (during, all = []) => pass(`${during.length} of ${all.length} by ${JSON.stringify(options)}`);
});

const HISTORY = [act(1, 'kill', 'nlb1', 2), act(5, 'mend')];

t.test('a claim is the checker’s name and its options', async (t) => {
  t.same(noneLost({ atLeast: 5, protocol: 'tcp' }), {
    checker: 'noneLost',
    options: { atLeast: 5, protocol: 'tcp' },
  });
  t.same(between({ fromNs: 1 }, counts({})), {
    checker: 'between',
    options: { fromNs: 1 },
    claim: { checker: 'counts', options: {} },
  });
  const there = inHistory('elsewhere@prior-art', counts({}));
  t.equal(there.history, 'elsewhere@prior-art');
  t.equal(between({}, there).history, there.history, 'a part of another history is of that history');
});

t.test('a claim that was stored is judged as it was before', async (t) => {
  const claims: Claim[] = [
    counts({ deep: [{ list: [1, null, 'two', true] }] }),
    between({ fromNs: 2e6, untilNs: 9e6 }, counts({})),
    after({ what: 'kill' }, between({ untilNs: 4e6 }, counts({}))),
  ];
  for (const claim of claims) {
    const stored = JSON.parse(JSON.stringify(claim)) as Claim;
    t.same(stored, claim);
    t.same(verdictOn(stored, HISTORY), verdictOn(claim, HISTORY));
  }
  t.match(verdictOn(claims[1] as Claim, HISTORY), { because: '1 of 2 by {}' });
});

t.test('what a suite does to its options afterwards changes no claim', async (t) => {
  const options = { nodes: ['nlb1'] };
  const claim = counts(options);
  options.nodes.push('nlb2');
  t.match(verdictOn(claim, []), { because: '0 of 0 by {"nodes":["nlb1"]}' });
});

t.test('options that no file can hold are refused, and the place is named', async (t) => {
  const refused: [unknown, string][] = [
    [{ meant: () => true }, 'options.meant is a function'],
    [{ list: [1, { at: Number.POSITIVE_INFINITY }] }, 'options.list.1.at is Infinity'],
    [{ ms: Number.NaN }, 'options.ms is NaN'],
    [{ reason: /^nlb1/ }, 'options.reason is a RegExp'],
    [{ counts: new Map([['a', 1]]) }, 'options.counts is a Map'],
    [{ atNs: 5n }, 'options.atNs is a bigint'],
    [{ bytes: new Uint8Array(1) }, 'options.bytes is a Uint8Array'],
    [{ list: [undefined] }, 'options.list.0 is undefined'],
    [Symbol('a'), 'options is a symbol'],
  ];
  for (const [options, problem] of refused) {
    t.throws(() => counts(options), { message: `counts: ${problem}, which no file can hold; say it in plain data` });
  }
  const grouped = Object.groupBy([1, 2], (each) => `of ${each}`);
  t.same(counts(grouped).options, { 'of 1': [1], 'of 2': [2] });
  t.same(counts({ absent: undefined }).options, {}, 'a field without a value is as good as none');
  t.same(counts({ reason: textLike(/^nlb1/i) }).options, { reason: { pattern: '^nlb1', flags: 'i' } });
});

t.test('a claim that nobody can judge proves nothing', async (t) => {
  t.match(verdictOn({ checker: 'none', options: {} }, HISTORY), {
    verdict: 'unknown',
    because: 'no checker is named none',
  });
  t.match(verdictOn({ checker: 'between', options: {}, claim: { checker: 'none', options: {} } }, HISTORY), {
    verdict: 'unknown',
  });
  t.match(verdictOn({ checker: 'between', options: {} }, HISTORY), { verdict: 'unknown' });
});

t.test('no two checkers have one name, and none is without', async (t) => {
  t.throws(
    () =>
      checker(function counts(_: number) {
        return () => pass('');
      }),
    /two checkers are named counts/,
  );
  t.throws(() => checker((_: number) => () => pass('')), /a checker must be a function with a name/);
});
