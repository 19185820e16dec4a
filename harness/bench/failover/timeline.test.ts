import t from 'tap';
import { beat, CAST, claimed, history, struck } from './fixtures.ts';
import { tell } from './timeline.ts';

t.test('a takeover is told by the beats of both, around the fault', async (t) => {
  const old = [0, 10, 25].flatMap((atMs) => beat(atMs, 'old'));
  const fresh = [5, 15, 29, 36, 60].flatMap((atMs) => beat(atMs, 'fresh'));
  const story = tell(history(old, fresh, struck(30), claimed(68, 'fresh'), beat(90, 'old')), CAST);
  t.same(story, { lastBeatMs: -5, oldPausedMs: 15, freshPausedMs: 24, decidedAfterMs: 43 });
});

t.test('where nobody takes over, the beats are followed to the end', async (t) => {
  const beats = [20, 42, 52].flatMap((atMs) => [...beat(atMs, 'old'), ...beat(atMs, 'fresh')]);
  const story = tell(history(beats, struck(30)), CAST);
  t.same(story, { lastBeatMs: 22, oldPausedMs: 0, freshPausedMs: 22 });
});
