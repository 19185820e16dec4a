import t from 'tap';
import { script, told } from './literal-history.ts';
import { scriptsApart, scriptsRan } from './scripts.ts';

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

t.test('a script that began long after the one before was held up by it', async (t) => {
  const apart = scriptsApart({ node: 'nlb1', first: 'standby', next: 'active', atLeastMs: 100 });
  const standby = script(10, 'nlb1', 'standby', 'initial');
  t.match(told(apart, standby, script(110, 'nlb1', 'active', 'standby')), /^pass: .* began 100 ms after/);
  t.match(told(apart, standby, script(109, 'nlb1', 'active', 'standby')), /^unknown: .* began 99 ms after/);
  t.match(told(apart, standby, script(110, 'nlb2', 'active', 'standby')), /^unknown: nlb1 did not run/);
});
