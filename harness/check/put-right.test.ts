import t from 'tap';
import { act, address, OVER, shown, told, watched } from './literal-history.ts';
import { putRight } from './put-right.ts';

const ALIAS = { node: 'nlb1', device: 'access', address: '10.77.1.100/32' };
const added = (atMs: number, on = ALIAS) => address(atMs, { ...on, label: 'access:nlbs', change: 'added' });
const removed = (atMs: number, on = ALIAS) => address(atMs, { ...on, label: 'access:nlbs', change: 'removed' });
const FLUSH = act(100, 'flush', 'nlb1');
const SEEN = watched('addresses', 'nlb1');
const back = putRight({ ...ALIAS, change: 'removed', after: { what: 'flush' }, withinMs: 100 });
const gone = putRight({ ...ALIAS, change: 'added', after: { what: 'flush' }, withinMs: 100 });

t.test('what was taken off is back in time, by the kernel’s word for both', async (t) => {
  t.match(told(back, SEEN, FLUSH, removed(101), added(131), OVER), /^pass: .* was removed, .* after 30 ms/);
  t.match(told(back, SEEN, FLUSH, removed(100), added(131), OVER), /^pass: .* after 31 ms/, 'as the act begins');
  t.match(told(back, SEEN, FLUSH, added(100.5), removed(101), added(131), OVER), /^pass: .* after 30 ms/);
  const overrun = watched('addresses', 'nlb1', 1);
  t.match(
    told(back, overrun, FLUSH, removed(101), added(202), OVER),
    /^unknown: .* 1 were missed; otherwise: .* after 101/,
  );
  t.match(told(back, SEEN, FLUSH, removed(101), act(201, 'over')), /^fail: .* stayed removed/, 'it had just so long');
  t.match(told(back, SEEN, FLUSH, removed(101), added(202), OVER), /^fail: .* after 101 ms/);
  t.match(told(back, SEEN, FLUSH, removed(101), OVER), /^fail: 10.77.1.100\/32 on access of nlb1 stayed removed/);
  t.match(told(back, SEEN, FLUSH, removed(101), added(110), removed(120), OVER), /^fail: .* stayed removed/);
  t.match(told(back, SEEN, FLUSH, removed(101), added(131, { ...ALIAS, device: 'server' }), OVER), /^fail/);
});

t.test('what was put where it should not stand is gone in time', async (t) => {
  t.match(told(gone, SEEN, FLUSH, added(101), removed(121), OVER), /^pass: .* was added, .* after 20 ms/);
  t.match(told(gone, SEEN, FLUSH, added(101), OVER), /^fail: .* stayed added/);
  t.match(told(gone, SEEN, FLUSH, removed(90), added(101), removed(250), OVER), /^fail: .* after 149 ms/);
});

t.test('an act that changed nothing, or that nobody watched, proves nothing', async (t) => {
  t.match(told(back, SEEN, OVER), /^unknown: "flush" was not done/);
  t.match(told(back, SEEN, FLUSH, OVER), /^unknown: nothing was removed/);
  t.match(told(back, SEEN, FLUSH, added(110), OVER), /^unknown: nothing was removed/);
  t.same(shown(back, SEEN, FLUSH, OVER), ['act 100']);
  t.same(shown(back, SEEN, FLUSH, removed(101), act(120, 'over')), ['act 100', 'address 101']);
  t.match(told(back, SEEN, removed(90), added(95), FLUSH, OVER), /^unknown: nothing was removed/);
  t.match(told(back, FLUSH, removed(101), OVER), /^unknown: addresses of nlb1 were not watched/);
  t.match(told(back, SEEN, FLUSH, removed(101), act(120, 'over')), /^unknown: only 19 ms were watched/);
});
