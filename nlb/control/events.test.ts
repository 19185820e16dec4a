import t from 'tap';
import { openEvents } from './events.ts';

t.test('events are numbered and stamped by both clocks, also one that is reported late', async (t) => {
  const lines: Record<string, unknown>[] = [];
  const log = openEvents((line, event) => lines.push({ ...line, event }));
  const beganMs = Number(process.hrtime.bigint()) / 1e6;
  log.add('health', { healthy: true });
  log.add('state', { state: 'active' }, beganMs - 5000);
  const [first, second] = log.recent();
  t.match(log.recent(), [
    { seq: 1, event: 'health', healthy: true },
    { seq: 2, event: 'state', state: 'active' },
  ]);
  t.ok(Math.abs((first?.monotonicMs ?? 0) - beganMs) < 1000);
  t.ok(Math.abs(Date.parse(first?.time ?? '') - Date.now()) < 1000);
  t.ok(Math.abs((second?.monotonicMs ?? 0) - (beganMs - 5000)) < 0.01, 'the instant is that of the event');
  t.ok(Math.abs(Date.parse(second?.time ?? '') - (Date.now() - 5000)) < 1000);
  t.match(lines, [
    { seq: 1, event: 'health' },
    { seq: 2, event: 'state', monotonicMs: second?.monotonicMs },
  ]);
  t.notOk('time' in (lines[0] ?? {}), 'the log has a time of its own');
});

t.test('the last thousand are kept', async (t) => {
  const log = openEvents(() => undefined);
  for (let i = 0; i < 1500; i++) log.add('health', { i });
  t.equal(log.recent().length, 1000);
  t.match([log.recent()[0], log.recent().at(-1)], [{ seq: 501 }, { seq: 1500 }]);
});

t.test('a reader takes what is kept and then what comes, and learns when there is more', async (t) => {
  const log = openEvents(() => undefined);
  for (const i of [1, 2]) log.add('health', { i });
  let called = 0;
  const reader = log.read(() => called++);
  t.match([reader.take(), reader.take(), reader.take()], [{ seq: 1 }, { seq: 2 }, undefined]);
  log.add('health', {});
  t.equal(called, 1);
  t.match([reader.take(), reader.take()], [{ seq: 3 }, undefined]);
  reader.close();
  log.add('health', {});
  t.equal(called, 1, 'who has closed is called no more');
});

t.test('a reader that takes nothing falls behind when what it would take next is dropped', async (t) => {
  const log = openEvents(() => undefined);
  const empty = log.read(() => undefined);
  t.equal(empty.isBehind(), false);
  for (let i = 0; i < 1000; i++) log.add('health', {});
  t.equal(empty.isBehind(), false);
  log.add('health', {});
  t.equal(empty.isBehind(), true);
  t.equal(empty.take(), undefined, 'it gets nothing out of order');
});
