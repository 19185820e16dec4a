import t from 'tap';
import { aliasNeverOn, aliasPlaced, aliasReleased, neverTwoHolders } from './alias.ts';
import { verdictOn } from './claim.ts';
import { act, address, census, OVER, shown, standstill, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const added = (atMs: number, node = 'nlb2', label = 'access:nlbs', device = 'access') =>
  address(atMs, { node, device, address: `${NLBS}/32`, label, change: 'added' });
const removed = (atMs: number, node = 'nlb2') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, label: 'access:nlbs', change: 'removed' });
const EMPTY = census(0, 'nlb1 access 10.77.1.11/24', 'nlb2 access 10.77.1.12/24');
const HELD = census(0, `nlb1 access ${NLBS}/32 access:nlbs`, 'nlb2 access 10.77.1.12/24');
const SEEN = [watched('addresses', 'nlb1'), watched('addresses', 'nlb2')];
const KILL = act(100, 'kill', 'nlb1');

t.test('the alias is placed: on that device, with that label, in time', async (t) => {
  const place = { address: NLBS, node: 'nlb2', device: 'access', label: 'access:nlbs' };
  const placed = aliasPlaced({ ...place, after: { what: 'kill', node: 'nlb1', withinMs: 50 } });
  t.match(told(placed, EMPTY, KILL, added(130), OVER), /^pass: nlb2 held it on access from 130\.000 ms/);
  t.match(told(placed, SEEN, EMPTY, KILL, added(151), OVER), /^fail: nlb2 did not hold .* within 50 ms/);
  t.match(told(placed, SEEN, EMPTY, KILL, standstill(120, 125), added(151), OVER), /^pass/, 'the machine stood still');
  t.match(told(placed, SEEN, EMPTY, KILL, OVER), /^fail/);
  t.match(told(placed, SEEN, EMPTY, KILL, added(150), OVER), /^pass/, 'just in time');
  const unlabelled = aliasPlaced({ address: NLBS, node: 'nlb2', device: 'access' });
  t.match(told(unlabelled, SEEN, EMPTY, KILL, added(130, 'nlb2', 'any'), OVER), /^pass: .* labelled any$/);
  t.match(told(placed, KILL, added(130, 'nlb2', 'access:nlbs', 'server'), OVER), /^fail: nlb2 held .* on server/);
  t.match(told(placed, KILL, added(130, 'nlb2', 'access'), OVER), /^fail: .* labelled access/);
  t.match(told(placed, EMPTY, KILL, OVER), /^unknown: addresses of nlb2 were not watched/);
  t.match(told(placed, SEEN, KILL, OVER), /^unknown: nothing tells/);
  t.match(
    told(placed, SEEN, EMPTY, act(100, 'kill', 'nlb2'), added(130), OVER),
    /^unknown: "kill" on nlb1 was not done/,
  );

  const always = aliasPlaced({ ...place, node: 'nlb1' });
  t.match(told(always, HELD, OVER), /^pass/, 'a census tells too');
  t.match(told(always, SEEN, EMPTY, OVER), /^fail: nlb1 did not hold 10\.77\.1\.100$/);
  t.match(told(always), /^unknown/);
  const during = [act(500, 'quiet'), OVER];
  const since = [...SEEN, HELD, removed(100, 'nlb1'), ...during];
  t.equal(verdictOn(always, during, since).verdict, 'fail', 'what was over before is not counted');
  t.equal(
    verdictOn(always, during, [...SEEN, EMPTY, added(600, 'nlb1'), ...during]).verdict,
    'pass',
    'nor only before',
  );
  t.match(told(always, SEEN, EMPTY, OVER, removed(1, 'nlb2')), /^fail/);
});

t.test('the alias was never on a node', async (t) => {
  const never = aliasNeverOn({ address: NLBS, node: 'nlb2' });
  t.match(told(never, SEEN, EMPTY, KILL, OVER), /^pass: nlb2 never held/);
  t.match(
    told(never, SEEN, EMPTY, added(130), removed(131), OVER),
    /^fail: nlb2 held it on access/,
    'not for an instant',
  );
  t.match(told(never, SEEN, KILL, removed(131), OVER), /^fail: nlb2 held it on access from before the watch/);
  t.match(told(never, EMPTY, KILL, OVER), /^unknown: addresses of nlb2 were not watched/);
  t.match(told(never, EMPTY, watched('addresses', 'nlb2', 3), KILL, OVER), /^unknown: .* 3 were missed/);
  t.match(told(never, SEEN, KILL, OVER), /^unknown: nothing tells how nlb2 began/);
  t.match(told(never), /^unknown/);
  t.match(told(never, SEEN, HELD, OVER), /^pass/, 'another may have it');
  t.match(
    told(never, EMPTY, watched('addresses', 'nlb2', 3), added(130), OVER),
    /^unknown: .* 3 were missed; .* held it/,
  );
  t.same(shown(never, SEEN, EMPTY, KILL, { ...EMPTY, atNs: 2e6 }, OVER), ['census 0']);

  const during = [act(500, 'quiet'), OVER];
  const before = [...SEEN, EMPTY, added(130), removed(140)];
  t.equal(verdictOn(never, during, [...before, ...during]).verdict, 'pass', 'what was over before is not counted');
  t.equal(verdictOn(never, during, [...before, added(400), ...during]).verdict, 'fail', 'what still lasts is');
});

t.test('the alias is released in time after an act', async (t) => {
  const released = aliasReleased({ address: NLBS, node: 'nlb1', after: { what: 'kill', node: 'nlb1' }, withinMs: 50 });
  t.match(told(released, HELD, KILL, removed(120, 'nlb1'), OVER), /^pass: nlb1 released .* after 20 ms/);
  const other = census(0, `nlb2 access ${NLBS}/32`, 'nlb1 access 10.77.1.11/24');
  t.match(told(released, SEEN, other, KILL, removed(120), OVER), /^unknown: nlb1 did not hold/, 'another is not meant');
  t.match(told(released, KILL, removed(120, 'nlb1'), OVER), /^pass/, 'to be removed it must have been there');
  t.match(told(released, HELD, KILL, removed(170, 'nlb1'), OVER), /^fail: .* only after 70 ms/);
  t.match(told(released, HELD, KILL, standstill(110, 130), removed(170, 'nlb1'), OVER), /^pass: .* after 50 ms/);
  t.match(told(released, HELD, KILL, standstill(110, 125), removed(170, 'nlb1'), OVER), /^fail: .* only after 55 ms/);
  t.match(told(released, SEEN, HELD, KILL, OVER), /^fail: nlb1 did not release/);
  t.match(told(released, HELD, KILL, OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(released, SEEN, HELD, KILL, act(120, 'over')), /^unknown: only 20 ms/);
  t.match(told(released, SEEN, EMPTY, KILL, OVER), /^unknown: nlb1 did not hold/);
  t.same(shown(released, SEEN, EMPTY, KILL, OVER), ['act 100']);
  t.same(shown(released, HELD, KILL, removed(120, 'nlb1'), OVER), ['act 100', 'census 0', 'address 120']);
  t.match(told(released, HELD, KILL, removed(100, 'nlb1'), OVER), /^unknown: nlb1 did not hold/, 'it had just let go');
  t.match(told(released, SEEN, HELD, KILL, act(150, 'over')), /^fail: nlb1 did not release/, 'the time was just over');
  const lasts = act(100, 'kill', 'nlb1', 200);
  t.match(told(released, HELD, lasts, removed(160, 'nlb1'), OVER), /^fail: .* only after 60 ms/, 'from its beginning');
  t.match(told(released, SEEN, HELD, OVER), /^unknown: "kill" on nlb1 was not done/);

  const mended = aliasReleased({
    address: NLBS,
    node: 'nlb1',
    after: { what: 'mend' },
    withinMs: 50,
    from: 'end',
  });
  const mend = { ...act(100, 'mend'), untilNs: 200e6 };
  t.match(told(mended, HELD, mend, removed(240, 'nlb1'), OVER), /^pass: nlb1 released .* after 40 ms/);
  t.match(told(mended, HELD, mend, removed(150, 'nlb1'), OVER), /^pass: nlb1 released .* after 0 ms/);
  t.match(told(mended, HELD, mend, removed(251, 'nlb1'), OVER), /^fail: .* only after 51 ms/);
  t.match(told(mended, SEEN, HELD, mend, act(240, 'over')), /^unknown: only 40 ms/);
});

t.test('two nodes never hold the alias', async (t) => {
  const never = neverTwoHolders({ address: NLBS, nodes: ['nlb1', 'nlb2'], toleranceMs: 1 });
  const turn = (atMs: number) => [SEEN, HELD, KILL, removed(120, 'nlb1'), added(atMs), OVER].flat();
  t.match(told(never, turn(121)), /^pass: 2 holdings/);
  t.match(told(never, turn(119.5)), /^pass/, 'less than the tolerance is not counted');
  t.match(told(never, turn(119)), /^pass/, 'nor as much');
  const moved = [added(118, 'nlb1', 'x', 'server'), removed(120, 'nlb1')].flat();
  t.match(told(never, SEEN, HELD, moved, OVER), /^pass: 2 holdings/, 'one node has it twice');
  t.match(told(never, SEEN, added(50), removed(118, 'nlb1'), OVER), /^fail: nlb1 held .*before.* nlb2 held .* both/);
  t.match(told(never), /^unknown: nothing was recorded/);
  t.match(told(never, turn(118)), /^fail: nlb1 held .* nlb2 held .* both/);
  t.match(told(never, SEEN, HELD, added(118), OVER), /^fail/);
  const foreign = census(0, `fw1 access ${NLBS}/32`);
  t.match(told(never, SEEN, foreign, added(118), OVER), /^pass: 1 holdings/, 'others are not meant');
  t.match(told(never, HELD, KILL, OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(never, SEEN, EMPTY, OVER), /^unknown: none of nlb1, nlb2 was seen/);
});

t.test('a reader that was overrun is sure of no holding any more, whichever way the verdict would be', async (t) => {
  const overrun = watched('addresses', 'nlb1', 7);
  const [address, after] = [NLBS, { what: 'kill', node: 'nlb1' }];
  const released = aliasReleased({ address, node: 'nlb1', after, withinMs: 50 });
  t.match(
    told(released, overrun, HELD, KILL, removed(120, 'nlb1'), OVER),
    /^unknown: addresses of nlb1 were watched, but 7 were missed; otherwise: nlb1 released/,
    'it may have been given it again',
  );
  t.match(told(released, overrun, HELD, KILL, removed(200, 'nlb1'), OVER), /^unknown: .* 7 were missed/);
  const placed = aliasPlaced({ address, node: 'nlb1', device: 'access', after: { ...after, withinMs: 50 } });
  t.match(told(placed, overrun, HELD, KILL, OVER), /^unknown: .* 7 were missed/, 'it may have lost it before');
  const two = neverTwoHolders({ address, nodes: ['nlb1', 'nlb2'], toleranceMs: 20 });
  t.match(told(two, overrun, SEEN, HELD, KILL, added(200), OVER), /^unknown: .* 7 were missed/, 'or let go in time');
  t.match(told(two, SEEN, HELD, KILL, added(200), OVER), /^fail/);
  t.match(told(released, watched('addresses', 'nlb3', 7), HELD, KILL, removed(120, 'nlb1'), OVER), /^pass/);
});
