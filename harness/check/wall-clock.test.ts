import t from 'tap';
import { counted, OVER, shown, told } from './literal-history.ts';
import { clockStepped, WALL_CLOCK } from './wall-clock.ts';

t.test('the daemon saw the step of its clock, or nothing is proved', async (t) => {
  const stepped = clockStepped({ node: 'nlb1', seconds: -3600, withinSeconds: 60 });
  const at = (offsetSeconds: number, node = 'nlb1') => counted(5, node, WALL_CLOCK, { offsetSeconds });
  t.match(told(stepped, at(-3590), OVER), 'pass: the daemon on nlb1 was -3590 s off');
  t.match(told(stepped, at(-3660), OVER), /^pass/, 'by a minute at most');
  t.match(
    told(stepped, at(-3590), counted(6, 'nlb1', 'beats', { offsetSeconds: 0 })),
    /^pass/,
    'nothing else that it counts',
  );
  t.same(shown(stepped, at(-3590), OVER), ['counted 5']);
  t.same(shown(stepped, at(0), OVER), ['counted 5']);
  t.equal(WALL_CLOCK, 'the daemon’s wall clock', 'by which stored histories are judged');
  t.match(told(stepped, at(0), OVER), /^unknown: .* -3600 s were meant/);
  t.match(told(stepped, at(3600), OVER), /^unknown/, 'the other way');
  t.match(told(stepped, at(Number.NaN), OVER), /^unknown/, 'an empty log');
  t.match(told(stepped, at(-3600, 'nlb2'), OVER), 'unknown: nlb1 was not asked for its clock');
});
