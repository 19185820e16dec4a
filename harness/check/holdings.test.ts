import t from 'tap';
import type { HistoryEvent } from '../history/event.ts';
import { holdingsOf, holdingText, isKnown } from './holdings.ts';
import { address, census, history } from './literal-history.ts';

const NLBS = '10.77.1.100';
const change = (atMs: number, change: 'added' | 'removed', what = NLBS, device = 'access', node = 'nlb1') =>
  address(atMs, { node, device, address: `${what}/32`, change });
const added = (atMs: number) => change(atMs, 'added');
const removed = (atMs: number) => change(atMs, 'removed');
const held = (atMs: number) => census(atMs, `nlb1 access ${NLBS}/32 access:nlbs`, 'nlb1 lo 127.0.0.1/8');
const without = (atMs: number) => census(atMs, 'nlb1 access 10.77.1.11/24', `nlb2 access ${NLBS}/32`);

/** From when to when nlb1 held it, in milliseconds, and how many events show it. */
const times = (...events: HistoryEvent[]) =>
  holdingsOf(history(events), NLBS)
    .filter(({ node }) => node === 'nlb1')
    .map(({ fromNs, untilNs, evidence }) => [fromNs / 1e6, untilNs / 1e6, evidence.length]);

t.test('events tell when an address was held, a census where there is no event', async (t) => {
  t.same(times(added(10), removed(20)), [[10, 20, 2]]);
  t.same(times(added(10), added(15)), [[10, Number.POSITIVE_INFINITY, 1]], 'to be given it twice is to hold it once');
  t.same(times(removed(20)), [[Number.NEGATIVE_INFINITY, 20, 1]], 'to be removed it must have been there');
  t.same(times(added(10), removed(20), removed(30)).at(-1), [30, 30, 1], 'but not for ever, where that was seen');
  t.same(times(held(0), removed(20)), [[0, 20, 2]]);
  t.same(times(held(0), held(5)), [[0, Number.POSITIVE_INFINITY, 1]]);
  t.same(times(held(0), without(50)), [[0, 50, 2]]);
  t.same(times(added(10), without(50)), [[10, Number.POSITIVE_INFINITY, 1]], 'a census takes a moment to make');
  t.same(times(removed(20), held(30)), [[Number.NEGATIVE_INFINITY, 20, 1]], 'whatever it says');
  t.same(times(change(10, 'added', '10.77.1.11')), []);
  t.same(times(without(0)), []);
});

t.test('each device of each node holds it for itself', async (t) => {
  const all = holdingsOf(
    history(held(0), change(10, 'added', NLBS, 'server'), change(20, 'added', NLBS, 'access', 'nlb2')),
    NLBS,
  );
  t.same(
    all.map(({ node, device, label }) => `${node} ${device} ${label}`),
    ['nlb1 access access:nlbs', 'nlb1 server server', 'nlb2 access access'],
    'a label is the device’s name where there is none',
  );
  t.same(all.map(holdingText), [
    'nlb1 held it on access from 0.000 ms',
    'nlb1 held it on server from 10.000 ms',
    'nlb2 held it on access from 20.000 ms',
  ]);
});

t.test('whether anything tells of a node: an event of the address, or a census that names it, by then', async (t) => {
  const known = (...events: HistoryEvent[]) => isKnown(history(events), 'nlb1', NLBS, 50e6);
  t.ok(known(added(10)));
  t.ok(known(added(90)), 'an event tells of what was before it, too');
  t.notOk(known(change(10, 'added', '10.77.1.11')));
  t.notOk(known(change(10, 'added', NLBS, 'access', 'nlb2')));
  t.ok(known(without(50)));
  t.notOk(known(without(51)));
  t.notOk(known(census(0, `nlb2 access ${NLBS}/32`)));
});
