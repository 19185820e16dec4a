import t from 'tap';
import type { HistoryEvent } from '../../history/event.ts';
import { drops, history, OVER, testRun } from '../literal-history.ts';
import { growthsOf, ownersOf, readingsOf, testRuns, unreadOf } from './drop-growth.ts';

/** `cause count` of each growth of nlb1. */
const grown = (...events: HistoryEvent[]) =>
  growthsOf(readingsOf(history(events), 'nlb1')).map(({ cause, count }) => `${cause} ${count}`);

t.test('what has grown is the difference of two readings of one node', async (t) => {
  const [first, other] = [drops(1, 'nlb1', { flooded: 5 }), drops(2, 'nlb2', { flooded: 9 })];
  t.same(grown(first, other, drops(3, 'nlb1', { flooded: 7, 'no lease': 1 })), [
    'flooded 5',
    'flooded 2',
    'no lease 1',
  ]);
  t.same(grown(first, drops(3, 'nlb1', { flooded: 5 })), ['flooded 5']);
});

t.test('a daemon that goes on counting where another one ended has dropped the difference', async (t) => {
  const [first, goesOn] = [drops(1, 'nlb1', { flooded: 5 }), { life: '2', anew: false }];
  t.same(grown(first, drops(3, 'nlb1', { flooded: 7 }, goesOn)), ['flooded 5', 'flooded 2']);
});

t.test('one that began anew has dropped all that it counts, though that is more than before', async (t) => {
  const [first, begins] = [drops(1, 'nlb1', { flooded: 5 }), { life: '2', anew: true }];
  t.same(grown(first, drops(3, 'nlb1', { flooded: 7 }, begins)), ['flooded 5', 'flooded 7']);
  const unseen = { life: '3', anew: false };
  t.same(
    grown(first, drops(3, 'nlb1', { flooded: 4 }, unseen)),
    ['flooded 5', 'flooded 4'],
    'one between was not seen',
  );
});

const RUNS = [...testRun('a', 100, 200), ...testRun('b', 300, 400), ...testRun('c', 500, 600)];

/** The tests that answer for what has grown from one reading of nlb1 to the next. */
const owners = (...atMs: number[]) => {
  const readings = atMs.map((each, index) => drops(each, 'nlb1', { flooded: index + 1 }));
  const all = history(RUNS, readings, OVER);
  return growthsOf(readingsOf(all, 'nlb1')).map((growth) =>
    ownersOf(growth, testRuns(all))
      .map(({ title }) => title)
      .join(' '),
  );
};

t.test('a test answers for what is dropped from its first reading to that of the next test', async (t) => {
  t.same(owners(110, 310, 510, 900), ['', 'a', 'b', 'c']);
  t.same(owners(110, 150, 310), ['', 'a', 'a'], 'also where it was read between');
  t.same(owners(110, 250, 310), ['', 'a', 'a'], 'and after its end');
});

t.test('where nobody answered when a test began, several answer for it', async (t) => {
  t.same(owners(110, 510), ['', 'a b']);
  t.same(owners(110, 900), ['', 'a b c']);
  t.same(owners(510, 900), ['a b', 'c']);
});

t.test('what was not read is said', async (t) => {
  const unread = (...events: HistoryEvent[]) => unreadOf('nlb1', history(RUNS, events, OVER));
  const [first, end] = [drops(110, 'nlb1', {}), drops(700, 'nlb1', {})];
  t.equal(unread(first, end), undefined);
  t.equal(unread(), 'nobody asked nlb1 what it had dropped');
  t.equal(unread(first), 'nobody asked nlb1 what it had dropped after "c"');
  const anew = drops(700, 'nlb1', {}, { life: '2' });
  t.match(unread(first, anew), /^what nlb1 dropped after 110 ms is counted nowhere: it began anew$/);
  t.equal(unread({ ...first, last: true }, anew), undefined, 'it was read before it ended');
});
