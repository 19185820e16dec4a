import t from 'tap';
import { lookAtWitness, unasked, type WitnessChange, witnessAnswered } from './witness-path.ts';

const MAC = '02:00:00:00:00:0b';

/** Ticks of 10 ms up to an instant; who answers does so 1 ms after the question. */
function run(untilMs: number, answers: (atMs: number) => boolean, known = (_: number): boolean => true) {
  let path = unasked;
  const asked: number[] = [];
  const changes: WitnessChange[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 10) {
    const look = lookAtWitness(path, known(atMs) ? MAC : undefined, atMs);
    path = look.path;
    if (look.asks) asked.push(atMs);
    const notified = look.asks && answers(atMs) ? witnessAnswered(path, MAC, atMs + 1) : { path };
    path = notified.path;
    changes.push(
      ...[look.change, 'change' in notified ? notified.change : undefined].filter((each) => each !== undefined),
    );
  }
  return { path, asked, changes };
}

t.test('the witness is asked once a second, and nothing is said while it answers', async (t) => {
  const { asked, changes } = run(3000, () => true);
  t.same([asked, changes], [[0, 1000, 2000, 3000], []]);
});

t.test('three questions in a row without an answer are reported once, and so is the answer after them', async (t) => {
  const silentFrom2To6 = run(8000, (atMs) => atMs < 2000 || atMs >= 7000);
  t.same(silentFrom2To6.changes, [
    { mac: MAC, atMs: 5000, answers: false, unanswered: 3 },
    { mac: MAC, atMs: 7001, answers: true, faultyMs: 2001 },
  ]);
  t.equal(silentFrom2To6.path.faultySinceMs, undefined);
});

t.test('a lost answer is no fault, and neither is a time in which nobody was to be asked', async (t) => {
  t.same(run(9000, (atMs) => atMs % 3000 === 0).changes, []);
  t.same(
    run(
      9000,
      () => false,
      (atMs) => atMs % 3000 < 2500,
    ).changes,
    [],
  );
});
