import fc from 'fast-check';
import t from 'tap';
import { type Clock, Pacer } from './pacer.ts';

/** Time that passes when it is told to: each wait takes as long as asked, and then as much longer as the next of `lateMs`. */
class TestClock implements Clock {
  #nowMs = 1_000_000;
  #call: (() => void) | undefined;
  #atMs = 0;
  readonly #lateMs: number[];

  constructor(lateMs: number[] = []) {
    this.#lateMs = [...lateMs];
  }

  nowMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void): () => void {
    this.#call = call;
    this.#atMs = this.#nowMs + delayMs + (this.#lateMs.shift() ?? 0);
    return () => {
      this.#call = undefined;
    };
  }

  /** Something takes so long, and no timer runs meanwhile. */
  spend(ms: number): void {
    this.#nowMs += ms;
  }

  /** Let time go on. */
  run(forMs: number): void {
    const endMs = this.#nowMs + forMs;
    while (this.#call && this.#atMs <= endMs) {
      const call = this.#call;
      this.#call = undefined;
      this.#nowMs = Math.max(this.#nowMs, this.#atMs);
      call();
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }
}

t.test('with timers that are on time, each turn is sent at its instant', async (t) => {
  const clock = new TestClock();
  const sentMs: number[] = [];
  const pacer = new Pacer(250, () => sentMs.push(clock.nowMs()), clock);
  clock.run(20);
  t.same(
    sentMs,
    [0, 4, 8, 12, 16, 20].map((ms) => 1_000_000 + ms),
  );
  t.same(pacer.stop(), { sent: 6, missed: 0, lateMaxMs: 0, lateP99Ms: 0 });
});

t.test('late timers do not make the schedule slip, and every turn is sent once or counted as left out', async () => {
  const lateMs = fc.array(fc.double({ min: 0, max: 120, noNaN: true }), { maxLength: 50 });
  fc.assert(
    fc.property(lateMs, fc.integer({ min: 1, max: 5000 }), (late, perSecond) => {
      const clock = new TestClock(late);
      const turns: number[] = [];
      const pacer = new Pacer(perSecond, (turn) => turns.push(turn), clock);
      clock.run(10_000);
      const { sent, missed, lateMaxMs } = pacer.stop();
      const inOrder = turns.every((turn, index) => index === 0 || turn > (turns[index - 1] ?? turn));
      const due = Math.floor((10_000 * perSecond) / 1000) + 1;
      return sent === turns.length && inOrder && Math.abs(sent + missed - due) <= 1 && lateMaxMs <= 50.001;
    }),
  );
});

t.test('a short hold-up is made good at once, and shows in how late sends were', async (t) => {
  const clock = new TestClock();
  const pacer = new Pacer(1000, (turn) => turn === 20 && clock.spend(30), clock);
  clock.run(99);
  const { sent, missed, lateMaxMs, lateP99Ms } = pacer.stop();
  t.same({ sent, missed }, { sent: 100, missed: 0 });
  t.equal(lateMaxMs, 29);
  t.equal(lateP99Ms, 28, 'the second latest of a hundred');
});

t.test('a long hold-up is not made good by a burst: what is left out is counted', async (t) => {
  const clock = new TestClock();
  const turns: number[] = [];
  const send = (turn: number) => {
    turns.push(turn);
    if (turn === 20) clock.spend(250);
  };
  const pacer = new Pacer(1000, send, clock);
  clock.run(399);
  t.same(turns.slice(19, 23), [19, 20, 220, 221]);
  t.same(pacer.stop(), { sent: 201, missed: 199, lateMaxMs: 50, lateP99Ms: 48 });
});

t.test('sending that is slower than the schedule leaves room for answers between the turns', async (t) => {
  const clock = new TestClock();
  let sent = 0;
  const pacer = new Pacer(
    1000,
    () => {
      sent += 1;
      clock.spend(10);
    },
    clock,
  );
  clock.run(0);
  t.equal(sent, 1);
  pacer.stop();
});

t.test('after stop nothing is sent, also when it is a turn that stops', async (t) => {
  const clock = new TestClock([5]);
  let sent = 0;
  const send = () => {
    sent += 1;
    if (sent === 3) pacer.stop();
  };
  const pacer = new Pacer(100_000, send, clock);
  clock.run(1000);
  t.equal(sent, 3);
});

t.test('on the real clock, a turn is not sent before its time', async (t) => {
  const startedMs = performance.now();
  const { promise, resolve } = Promise.withResolvers<void>();
  const pacer = new Pacer(100, (turn) => turn >= 5 && resolve());
  await promise;
  t.ok(performance.now() - startedMs >= 50);
  pacer.stop();
});
