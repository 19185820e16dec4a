import t from 'tap';
import { nothingMoved } from './calm.ts';
import { act, address, census, OVER, script, told, watched } from './literal-history.ts';

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
  t.match(told(calm, HELD, act(1, 'drop'), OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(calm, SEEN, act(1, 'drop'), OVER), /^unknown: nothing tells who/);
  t.match(told(calm, SEEN), 'unknown: nothing was recorded');
});
