import t from 'tap';
import type { Counted } from '../history/event.ts';
import { cableImpaired, impairedFrames } from './impaired.ts';
import { OVER, shown, told } from './literal-history.ts';

const counted = (counts: Record<string, number>, leg = 'access'): Counted[] => [
  { kind: 'counted', atNs: 5, node: 'nlb1', what: impairedFrames(leg), counts },
];

t.test('a bad cable took effect, in both directions', async (t) => {
  const bad = cableImpaired({ node: 'nlb1', leg: 'access', atLeast: { lost: 3 } });
  const both = { 'sent passed': 90, 'sent lost': 3, 'received passed': 80, 'received lost': 7 };
  t.match(
    told(bad, counted(both), OVER),
    'pass: the cable of nlb1/access: 90 sent passed, 3 sent lost, 80 received passed',
  );
  t.match(told(bad, counted({ ...both, 'received lost': 2 }), OVER), /^unknown: .*; 3 received lost were wanted/);
  t.match(told(bad, counted({ 'sent lost': 9 }), OVER), /^unknown: .*; 3 received lost were wanted/);
  t.match(told(bad, counted(both, 'server'), OVER), /^unknown: nobody counted/);
  const [other] = counted({ 'sent lost': 0 });
  t.match(told(bad, { ...(other as Counted), node: 'nlb2' }, counted(both), OVER), /^pass/, 'the cable of that node');
  t.same(shown(bad, counted(both), OVER), ['counted 0.000005']);
  t.same(shown(bad, counted({}), OVER), ['counted 0.000005']);
});
