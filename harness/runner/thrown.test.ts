import t from 'tap';
import { PromiseBroken } from '../clock/until.ts';
import type { HistoryEvent } from '../history/event.ts';
import { thrown } from './thrown.ts';

const MS = 1e6;
const OVER: HistoryEvent = { kind: 'act', what: 'kill -9', atNs: 6000 * MS };
const stood = (fromMs: number, forMs: number): HistoryEvent => ({
  kind: 'standstill',
  atNs: fromMs * MS,
  untilNs: (fromMs + forMs) * MS,
});
const said = (error: unknown, ...events: HistoryEvent[]) => {
  const { verdict, because } = thrown(error, 'it runs', [...events, OVER], []);
  return `${verdict}: ${because}`;
};

t.test('a promise that is not kept is a failure of the system', async (t) => {
  const broken = new PromiseBroken('the standby leads', 5000);
  t.equal(said(broken), 'fail: waited 5000 ms in vain for: the standby leads');
  t.match(said(broken, stood(2000, 1200)), /^fail/, 'less than a quarter of the time');
  t.match(said(broken, stood(0, 990)), /^fail/, 'before the wait');
  t.equal(
    said(broken, stood(2000, 700), stood(4000, 700)),
    'unknown: waited 5000 ms in vain for: the standby leads; but the machine ran for 3600 ms of it',
  );
});

t.test('what the harness could not do is no verdict on the system', async (t) => {
  t.equal(said(new Error('nft: no such table')), 'unknown: the harness could not go on: nft: no such table');
  t.equal(said('gone'), 'unknown: the harness could not go on: gone');
});
