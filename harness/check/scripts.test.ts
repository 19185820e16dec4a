import t from 'tap';
import { verdictOn } from './claim.ts';
import { act, script, shown, told } from './literal-history.ts';
import { scriptsApart, scriptsInOrder, scriptsRan } from './scripts.ts';

t.test('scripts run once each, in the order of the states', async (t) => {
  const ran = scriptsRan({ node: 'nlb1', states: ['initial', 'standby', 'active'] });
  const two = [script(1, 'nlb1', 'initial', ''), script(2, 'nlb1', 'standby', 'initial')];
  const other = script(1, 'nlb2', 'active', 'standby');
  t.match(told(ran, two, script(3, 'nlb1', 'active', 'standby'), other), /^pass: .* initial, standby, active/);
  t.match(told(ran, two, other), /^fail: .* ran for initial, standby, not for initial, standby, active$/);
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
  t.same(shown(apart, standby, script(110, 'nlb1', 'active', 'standby')), ['script 10', 'script 110']);
  t.match(told(apart, standby, script(109, 'nlb1', 'active', 'standby')), /^unknown: .* began 99 ms after/);
  t.match(told(apart, standby, script(110, 'nlb2', 'active', 'standby')), /^unknown: nlb1 did not run/);
});

t.test('whatever happens, scripts follow one another, once each', async (t) => {
  const ordered = scriptsInOrder({ node: 'nlb1', start: 'start', atLeast: 2 });
  const begins = (atMs: number) => script(atMs, 'nlb1', 'initial', 'initial');
  const start = (atMs: number, node = 'nlb1') => act(atMs, 'start', node);
  const two = [start(0), begins(1), script(2, 'nlb1', 'standby', 'initial')];
  const again = [begins(5), script(6, 'nlb1', 'active', 'initial')];
  t.match(told(ordered, two, script(3, 'nlb1', 'active', 'standby')), 'pass: 3 scripts of nlb1 ran, in 1 lives');
  t.same(shown(ordered, two, script(3, 'nlb1', 'active', 'standby')), ['script 1', 'script 2', 'script 3']);
  t.same(shown(ordered, two.slice(0, 2)), ['script 1']);
  t.same(shown(ordered, two, again), ['script 1', 'script 5'], 'both beginnings');
  const known = [start(0), script(2, 'nlb1', 'standby', 'initial'), script(3, 'nlb1', 'active', 'standby')];
  t.match(told(ordered, known), /^pass: 2 scripts/, 'nothing is known of what was before the first');
  t.match(told(ordered, start(0), script(2, 'nlb1', 'standby', 'standby')), /^fail: after undefined .* from standby/);
  t.match(told(ordered, two, start(4), again), /^pass: 4 .* in 2 lives/);
  t.match(
    told(ordered, two, start(3), start(4), again),
    /^pass/,
    'a life that was killed before it could say anything',
  );
  t.match(told(ordered, two, again), /^fail: .* in 2 lives, though it was started 1 times/);
  t.match(told(ordered, two, start(4, 'nlb2'), again), /^fail/, 'another was started');
  t.match(told(ordered, two, script(3, 'nlb1', 'inop', 'active')), /^fail: after standby .* inop .* came from active/);
  t.match(told(ordered, two, script(3, 'nlb1', 'standby', 'standby')), /^fail: after standby .* standby/);
  t.match(told(ordered, two, script(3, 'nlb1', 'standby', 'initial')), /^fail/, 'twice for one entry');
  t.match(told(ordered, two, script(3, 'nlb2', 'active', 'inop')), /^pass/, 'another node is not meant');
  t.match(told(ordered, start(0), begins(1)), /^unknown: 1 scripts .* 2 were wanted/);
  const says = (enteredMs: number) => ({ ...script(30, 'nlb1', 'active', 'standby'), enteredNs: enteredMs * 1e6 });
  t.match(told(ordered, two, says(5)), /^pass/, 'it ran late');
  t.match(told(ordered, two, says(40)), /^pass/, 'as far as its stamp can tell');
  t.match(told(ordered, two, says(41)), /^fail: .* active on nlb1 was told of an entry that was yet to come/);
  const odd = [two, script(3, 'nlb1', 'inop', 'active'), script(4, 'nlb1', 'standby', 'inop')].flat(2);
  t.equal(
    verdictOn(
      ordered,
      odd.filter(({ atNs }) => atNs !== 3e6),
      odd,
    ).verdict,
    'pass',
    'what is left out is not judged',
  );
  t.equal(verdictOn(ordered, odd, odd).verdict, 'fail');
});
