import t from 'tap';
import { script, told } from './literal-history.ts';
import { scriptsRan } from './scripts.ts';

t.test('scripts run once each, in the order of the states', async (t) => {
  const ran = scriptsRan({ node: 'nlb1', states: ['initial', 'standby', 'active'] });
  const two = [script(1, 'nlb1', 'initial', ''), script(2, 'nlb1', 'standby', 'initial')];
  const other = script(1, 'nlb2', 'active', 'standby');
  t.match(told(ran, two, script(3, 'nlb1', 'active', 'standby'), other), /^pass: .* initial, standby, active/);
  t.match(told(ran, two, other), /^fail: .* ran for initial, standby, not for/);
  t.match(told(ran, two, script(3, 'nlb1', 'standby', 'initial'), script(4, 'nlb1', 'active', 'standby')), /^fail/);
  t.match(told(ran, two, script(0, 'nlb1', 'active', 'standby')), /^fail/, 'in another order');
  t.match(told(ran, two, script(3, 'nlb1', 'active', 'initial')), /^fail: .* was told it came from initial/);
  t.match(told(ran, other), /^unknown: no script of nlb1/);
  const again = scriptsRan({ node: 'nlb1', states: ['initial', 'standby', 'initial', 'standby'] });
  const restarted = [script(3, 'nlb1', 'initial', 'initial'), script(4, 'nlb1', 'standby', 'initial')];
  t.match(told(again, two, restarted), /^pass/, 'a daemon that was started again');
  t.match(told(again, two, script(3, 'nlb1', 'initial', 'active'), restarted.slice(1)), /^fail/);
});
