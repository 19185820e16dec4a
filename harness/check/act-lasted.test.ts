import t from 'tap';
import { lastedAtMost } from './act-lasted.ts';
import { act, shown, standstill, told } from './literal-history.ts';

t.test('what was done took so long at most', async (t) => {
  const quick = lastedAtMost({ act: { what: 'stop', node: 'nlb1' }, ms: 100 });
  t.equal(told(quick, act(10, 'stop', 'nlb1', 110)), 'pass: "stop" on nlb1 took 100 ms');
  t.match(told(quick, act(10, 'stop', 'nlb1', 111)), /^fail: .* took 101 ms; 100 ms were allowed$/);
  const stood = standstill(50, 60);
  t.equal(told(quick, act(10, 'stop', 'nlb1', 120), stood), 'pass: "stop" on nlb1 took 100 ms', 'while there was time');
  t.match(told(quick, act(10, 'stop', 'nlb1', 121), stood), /^fail: .* took 101 ms/);
  t.match(told(quick, act(10, 'stop', 'nlb2', 20)), /^unknown: "stop" on nlb1 was not done$/, 'elsewhere');
  t.same(shown(quick, act(10, 'stop', 'nlb1', 20)), ['act 10']);
  t.same(shown(quick, act(10, 'stop', 'nlb1')), ['act 10']);
  t.match(told(quick, act(10, 'stop', 'nlb1')), /^unknown: .* did not end/);
});
