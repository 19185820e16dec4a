import type { Pacing } from './message.ts';

/** A hold-up longer than this is not made good: the burst would be a load of its own. */
const longestCatchUpMs = 50;

/** Time, and being called later. */
export interface Clock {
  nowMs(): number;
  /** Call once after so many milliseconds, or somewhat later. Gives what calls it off. */
  after(delayMs: number, call: () => void): () => void;
}

const realClock: Clock = {
  nowMs: () => performance.now(),
  after: (delayMs, call) => {
    const timer = setTimeout(call, delayMs);
    return () => clearTimeout(timer);
  },
};

/**
 * Calls `send` so many times a second, on a schedule that begins once and never slips: what a late timer leaves behind is sent at
 * once, and how late each was is kept.
 */
export class Pacer {
  readonly #intervalMs: number;
  readonly #send: (turn: number) => void;
  readonly #clock: Clock;
  readonly #startedMs: number;
  readonly #lateMs: number[] = [];
  #turn = 0;
  #missed = 0;
  #stopped = false;
  #callOff: () => void;

  constructor(perSecond: number, send: (turn: number) => void, clock: Clock = realClock) {
    this.#intervalMs = 1000 / perSecond;
    this.#send = send;
    this.#clock = clock;
    this.#startedMs = clock.nowMs();
    // Not at once: what `send` does may need the pacer, which its owner has only when this returns.
    this.#callOff = clock.after(0, () => this.#tick());
  }

  /** Send no more. */
  stop(): Pacing {
    this.#stopped = true;
    this.#callOff();
    const sorted = this.#lateMs.toSorted((a, b) => a - b);
    return {
      sent: sorted.length,
      missed: this.#missed,
      lateMaxMs: sorted.at(-1) ?? 0,
      lateP99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    };
  }

  #tick(): void {
    this.#leaveOut();
    // Due by now, not by the end of the loop: sending that is slower than the schedule must not keep answers out.
    const nowMs = this.#clock.nowMs();
    while (!this.#stopped && this.#dueMs() <= nowMs) {
      this.#lateMs.push(this.#clock.nowMs() - this.#dueMs());
      this.#send(this.#turn);
      this.#turn += 1;
    }
    if (this.#stopped) return;
    const waitMs = Math.max(this.#dueMs() - this.#clock.nowMs(), 0);
    this.#callOff = this.#clock.after(waitMs, () => this.#tick());
  }

  #leaveOut(): void {
    const behindMs = this.#clock.nowMs() - this.#dueMs();
    if (behindMs <= longestCatchUpMs) return;
    const turns = Math.ceil((behindMs - longestCatchUpMs) / this.#intervalMs);
    this.#turn += turns;
    this.#missed += turns;
  }

  #dueMs(): number {
    return this.#startedMs + this.#turn * this.#intervalMs;
  }
}
