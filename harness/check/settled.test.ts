import t from 'tap';
import { verdictOn } from './claim.ts';
import {
  act,
  address,
  census,
  history,
  neighbour,
  OVER,
  probe,
  shown,
  standstill,
  told,
  watched,
} from './literal-history.ts';
import { settled } from './settled.ts';

const NLBS = '10.77.1.100';
const SEEN = [watched('addresses', 'nlb1'), watched('addresses', 'nlb2')];
const HELD = census(0, `nlb1 access ${NLBS}/32`, 'nlb2 access 10.77.1.12/24');
const END = act(100, 'end');
const change = (atMs: number, node: string, change: 'added' | 'removed') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, change });

t.test('after the last fault one holds the address, keeps it, and the cluster answers', async (t) => {
  const options = { address: NLBS, nodes: ['nlb1', 'nlb2'], after: { what: 'end' }, withinMs: 500, atLeast: 2 };
  const calm = settled(options);
  const answered = [700, 710, 720].map((atMs) => probe(atMs));
  const good = [SEEN, HELD, END, answered].flat();
  t.match(told(calm, good, OVER), /^pass: 0 ms after "end" .* nlb1 held .* 3 probes were answered then/);
  const entry = neighbour(300, { node: 'nlb1', device: 'access', address: NLBS, state: 'STALE' });
  t.match(told(calm, good, entry, OVER), /^pass: 0 ms/, 'a table may change');
  const other = address(300, { node: 'nlb1', device: 'access', address: '10.77.1.9/32', change: 'added' });
  t.match(told(calm, good, other, OVER), /^pass: 0 ms/, 'and another address');
  const overrun = watched('addresses', 'nlb2', 1);
  t.match(
    told(calm, good, overrun, probe(601, { outcome: 'lost' }), OVER),
    /^unknown: .* 1 were missed; otherwise: 501 ms/,
  );
  t.match(told(calm, SEEN, HELD, END, answered.slice(1), OVER), /^pass: .* 2 probes/, 'just so many');
  const lost = probe(400, { outcome: 'lost' });
  t.match(told(calm, good, probe(200), lost, probe(400, { flow: 'b' }), OVER), /^pass: .* 3 probes were answered then/);
  t.same(shown(calm, good, probe(50, { outcome: 'lost' }), OVER), ['act 100']);
  t.same(shown(calm, good, change(200, 'nlb1', 'removed'), change(210, 'nlb1', 'added'), lost, OVER), [
    'act 100',
    'address 210',
    'probe 400',
  ]);
  t.match(told(calm, good, change(1000, 'nlb1', 'removed'), OVER), /^fail: .* nobody held/, 'at the very end');
  const during = history(good, OVER);
  const later = verdictOn(calm, during, history(during, change(2000, 'nlb2', 'added')));
  t.match(later.because, / nlb1 held /, 'what comes later is another matter');
  const handed = [change(300, 'nlb1', 'removed'), change(350, 'nlb2', 'added')];
  t.match(told(calm, good, handed, OVER), /^pass: 250 ms after "end" .* nlb2 held/);
  t.match(told(calm, good, probe(400, { outcome: 'lost' }), OVER), /^pass: 300 ms after/);
  t.match(told(calm, good, probe(601, { outcome: 'lost' }), OVER), /^fail: 501 ms .*; 500 ms were allowed/);
  const stood = standstill(300, 302);
  t.match(told(calm, good, probe(601, { outcome: 'lost' }), stood, OVER), /^pass/, 'the machine stood still');
  t.match(told(calm, good, change(650, 'nlb1', 'removed'), change(650, 'nlb2', 'added'), OVER), /^fail: 550 ms/);
  t.match(told(calm, good, change(300, 'nlb1', 'removed'), OVER), /^fail: .* nobody held/);
  t.match(told(calm, good, change(300, 'nlb2', 'added'), OVER), /^fail: .* nlb1 and nlb2 held/);
  t.match(told(calm, SEEN, HELD, END, probe(50, { outcome: 'lost' }), answered, OVER), /^pass: 0 ms/, 'lost before');
  t.match(told(calm, SEEN, HELD, END, answered.slice(2), OVER), /^unknown: .* only 1 probes were answered then/);
  t.match(told(calm, SEEN, HELD, answered, OVER), 'unknown: "end" was not done');
  t.match(told(calm, HELD, END, answered, OVER), /^unknown: addresses of nlb1 were not watched/);
});
