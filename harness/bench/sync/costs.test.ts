import t from 'tap';
import { type CostFigure, judgeCost, withoutBound } from './costs.ts';

const HELD = { released: 90, notReleased: 0, dropped: 0, p50: 0.4, p99: 4, most: 9 };
const RECORDS: CostFigure = {
  figure: 'records',
  timeouts: 'one second',
  opened: 1000,
  kinds: { set: 10, add: 150, del: 140 },
  held: HELD,
  clientsLateMs: 3,
};
const CHANGE: CostFigure = {
  figure: 'change',
  connections: 1_000_000,
  tookMs: 2000,
  added: 50_000,
  worstLateMs: { before: [1, 2], after: [2, 49] },
  known: { sent: 5000, held: 0, others: {} },
};
const JOINING: CostFigure = {
  figure: 'joining',
  connections: 1_000_000,
  exceptions: 100_000,
  tookMs: 3000,
  worstLateMs: { before: 2, after: 3 },
};
const verdicts = (figure: CostFigure) => judgeCost(figure).map(({ verdict }) => verdict);

t.test('what keeps to its bounds meets them', async (t) => {
  t.same(verdicts(RECORDS), ['met', 'met', 'met', 'met']);
  t.same(verdicts(CHANGE), ['met', 'met', 'met']);
  t.same(verdicts(JOINING), ['met', 'met']);
});

t.test('each bound is violated by what is just beyond it', async (t) => {
  t.same(verdicts({ ...RECORDS, kinds: { set: 0, add: 151, del: 150 } }), ['violated', 'violated', 'met', 'met']);
  t.same(verdicts({ ...RECORDS, held: { ...HELD, p50: 0.6, p99: 5.1 } }), ['met', 'met', 'violated', 'violated']);
  t.same(verdicts({ ...CHANGE, tookMs: 2001 }), ['violated', 'met', 'met']);
  t.same(verdicts({ ...CHANGE, known: { sent: 9, held: 1, others: {} } }), ['met', 'violated', 'met']);
  t.same(verdicts({ ...CHANGE, known: { sent: 9, held: 0, others: { FORWARDED_NEW: 1 } } }), [
    'met',
    'violated',
    'met',
  ]);
  t.same(verdicts({ ...CHANGE, worstLateMs: { before: [1, 2], after: [50, 2] } }), ['met', 'met', 'violated']);
  t.same(verdicts({ ...JOINING, tookMs: 3001, worstLateMs: { before: 1, after: 50 } }), ['violated', 'violated']);
});

t.test('what was tried with fewer connections is not measured', async (t) => {
  t.same(verdicts({ ...CHANGE, connections: 999_999 })[0], 'not measured');
  t.same(verdicts({ ...JOINING, exceptions: 99_999 })[0], 'not measured');
});

t.test('with the default time-outs records have no bound, and are told', async (t) => {
  t.same(verdicts({ ...RECORDS, timeouts: 'default' }), []);
  t.match(
    withoutBound({ ...RECORDS, timeouts: 'default' }),
    /default time-outs: 0\.15 ADD, 0\.30 in all; 1000 connections/,
  );
  for (const figure of [RECORDS, CHANGE, JOINING]) t.equal(withoutBound(figure), undefined);
});
