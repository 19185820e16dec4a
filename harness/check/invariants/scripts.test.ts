import t from 'tap';
import { act, script, told } from '../literal-history.ts';
import { SETTING } from './literal-setting.ts';
import { STARTED, scripts } from './scripts.ts';

const life = (node: string) => [act(0, STARTED, node), script(1, node, 'initial', 'initial')];

t.test('the scripts of both nodes run once each, in order', async (t) => {
  const claim = scripts.claim(SETTING);
  const both = [life('nlb1'), life('nlb2')].flat();
  t.match(told(claim, both, script(2, 'nlb1', 'active', 'initial')), /^pass: 2 scripts of nlb1 .* 1 scripts of nlb2/);
  t.match(
    told(claim, both, script(2, 'nlb2', 'active', 'standby')),
    /^fail: after initial the script of active on nlb2/,
  );
  t.match(told(claim, both, script(2, 'nlb1', 'initial', 'initial')), /^fail: .* nlb1 ran, in 2 lives, though/);
  t.match(
    told(claim, life('nlb2'), script(2, 'nlb2', 'active', 'standby')),
    /^fail/,
    'though nothing is known of nlb1',
  );
  t.match(told(claim, life('nlb1')), /^unknown: 0 scripts of nlb2/);
});
