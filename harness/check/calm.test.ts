import t from 'tap';
import { nothingMoved } from './calm.ts';
import { verdictOn } from './claim.ts';
import { act, address, census, neighbour, OVER, script, told, watched } from './literal-history.ts';

const NLBS = '10.77.1.100';
const SEEN = [watched('addresses', 'nlb1'), watched('addresses', 'nlb2')];
const HELD = census(0, `nlb1 access ${NLBS}/32`, 'nlb2 access 10.77.1.12/24');
const change = (atMs: number, node: string, change: 'added' | 'removed', what = NLBS) =>
  address(atMs, { node, device: 'access', address: `${what}/32`, change });

t.test('nothing moves: one holder, no address event, no script', async (t) => {
  const calm = nothingMoved({ address: NLBS, nodes: ['nlb1', 'nlb2'] });
  const begun = [SEEN, HELD, act(1, 'drop')].flat();
  t.match(told(calm, begun, OVER), 'pass: nlb1 held 10.77.1.100 for 999 ms');
  t.match(told(calm, begun, change(5, 'nlb2', 'added'), OVER), 'fail: nlb2 added 10.77.1.100/32');
  t.match(told(calm, begun, change(5, 'nlb1', 'removed'), change(6, 'nlb1', 'added'), OVER), /^fail: nlb1 removed/);
  t.match(told(calm, begun, script(5, 'nlb2', 'active', 'standby'), OVER), /^fail: nlb2 entered active/);
  t.match(told(calm, begun, change(5, 'nlb2', 'added', '203.0.113.10'), OVER), /^pass/, 'another address is not meant');
  t.match(told(calm, begun, change(5, 'fw1', 'added'), script(5, 'fw1', 'active', ''), OVER), /^pass/, 'nor others');
  const entry = neighbour(5, { node: 'nlb2', device: 'access', address: NLBS, state: 'STALE' });
  t.match(told(calm, begun, entry, OVER), /^pass/, 'a table may change');
  const overrun = [watched('addresses', 'nlb1'), watched('addresses', 'nlb2', 2)];
  t.match(
    told(calm, overrun, HELD, act(1, 'drop'), change(5, 'nlb2', 'added'), OVER),
    /^unknown: .* 2 were missed; .* added/,
  );
  t.match(told(calm, SEEN, { ...HELD, atNs: 1e6 }, act(1, 'drop'), OVER), /^pass/, 'since that very moment');
  t.match(told(calm, SEEN, census(0, `fw1 access ${NLBS}/32`), OVER), /^unknown: nothing tells who of nlb1, nlb2 held/);
  const during = [act(500, 'drop'), OVER];
  const because = (...more: Parameters<typeof told>[1][]) =>
    verdictOn(calm, during, [SEEN, more, during].flat(2)).because;
  t.match(because(HELD, change(100, 'nlb1', 'removed')), /^nothing tells/, 'what was before is over');
  t.match(because(change(700, 'nlb1', 'added')), /^nothing tells/);
  t.match(because(HELD, change(700, 'nlb1', 'removed')), /^nothing tells/);
  t.match(because(HELD, change(1000, 'nlb1', 'removed')), /^nlb1 held/, 'until that very moment');
  t.match(told(calm, HELD, act(1, 'drop'), OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(calm, SEEN, act(1, 'drop'), OVER), /^unknown: nothing tells who/);
  t.match(told(calm, SEEN), 'unknown: nothing was recorded');
});
