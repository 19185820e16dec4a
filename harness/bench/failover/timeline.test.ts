import t from 'tap';
import { beat, claimed, ENDPOINTS, history, injected } from './fixtures.ts';
import { timelineOf } from './timeline.ts';

t.test('a takeover is told by the beats of both, around the fault', async (t) => {
  const old = [0, 10, 25].flatMap((atMs) => beat(atMs, 'oldActive'));
  const fresh = [5, 15, 29, 36, 60].flatMap((atMs) => beat(atMs, 'newActive'));
  const timeline = timelineOf(
    history(old, fresh, injected(30), claimed(68, 'newActive'), beat(90, 'oldActive')),
    ENDPOINTS,
  );
  t.same(timeline, { lastBeatMs: -5, oldActivePausedMs: 15, newActivePausedMs: 24, decidedAfterMs: 43 });
});

t.test('where nobody takes over, the beats are followed to the end', async (t) => {
  const beats = [20, 42, 52].flatMap((atMs) => [...beat(atMs, 'oldActive'), ...beat(atMs, 'newActive')]);
  const timeline = timelineOf(history(beats, injected(30)), ENDPOINTS);
  t.same(timeline, { lastBeatMs: 22, oldActivePausedMs: 0, newActivePausedMs: 22 });
});
