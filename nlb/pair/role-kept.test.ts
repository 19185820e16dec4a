import t from 'tap';
import { heard, play, settled, standby, states, tick, ticked } from './role-play.ts';
import { withLeaseKept } from './state.ts';

/** What a node makes of a lease that one life of its peer leaves to the next. */
const KEPT_MS = 500;

t.test('the last beat names the lease that is left, and nobody takes over before its end', async (t) => {
  const { from } = heard(20, { state: 'active' });
  const last = { ...heard(20), from: withLeaseKept(from, KEPT_MS), extension: { leaseKeptMs: KEPT_MS } };
  t.equal(last.from.leaseMs, KEPT_MS);
  t.equal(withLeaseKept(from, 0).leaseMs, from.leaseMs);
  const left = play(standby(), [last]).role;
  t.same(states(ticked(left, 20 + KEPT_MS)), [], 'though nobody answers');
  t.same(states(ticked(left, 20 + KEPT_MS + 40)), ['active']);
  const refused = play(left, [{ type: 'Refused', atMs: 30 }]).role;
  t.same(states(ticked(refused, 20 + KEPT_MS)), [], 'nor where its host refuses beats, as it does without a daemon');
});

t.test('the next life has not decided yet: it does not lead, and may be answered for', async (t) => {
  const asking = [52.5, 55, 57.5, 60].map(tick);
  const initial = heard(50, { state: 'initial', primary: false });
  t.same(states(play(settled(), [initial, tick(50), ...asking])), ['active'], 'of an ordinary start');
  const undecided = { ...initial, extension: { leaseKeptMs: 400 } };
  const waiting = play(settled(), [undecided, tick(50), ...asking]);
  t.same(states(waiting), []);
  const decided = play(waiting.role, [{ ...heard(61, { state: 'initial', primary: false }), extension: {} }]).role;
  t.same(states(play(decided, [62.5, 65, 67.5, 70].map(tick))), ['active']);
});
