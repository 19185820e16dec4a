import type { Pacing } from './message.ts';

/** A hold-up longer than this is not made good: the burst would be a load of its own. */
const longestCatchUpMs = 50;

/**
 * Calls `send` so many times a second, on a schedule that begins once and never slips: what a late timer leaves behind is sent at
 * once, and how late each was is kept.
 */
export class Pacer {
  readonly #intervalMs: number;
  readonly #send: (turn: number) => void;
  readonly #startedMs = performance.now();
  readonly #lateMs: number[] = [];
  #turn = 0;
  #missed = 0;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(perSecond: number, send: (turn: number) => void) {
    this.#intervalMs = 1000 / perSecond;
    this.#send = send;
    // Not at once: what `send` does may need the pacer, which its owner has only when this returns.
    queueMicrotask(() => this.#tick());
  }

  /** Send no more. */
  stop(): Pacing {
    this.#stopped = true;
    clearTimeout(this.#timer);
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
    const nowMs = performance.now();
    while (!this.#stopped && this.#dueMs() <= nowMs) {
      this.#lateMs.push(performance.now() - this.#dueMs());
      this.#send(this.#turn);
      this.#turn += 1;
    }
    if (this.#stopped) return;
    const waitMs = Math.max(this.#dueMs() - performance.now(), 0);
    this.#timer = setTimeout(() => this.#tick(), waitMs);
  }

  #leaveOut(): void {
    const behindMs = performance.now() - this.#dueMs();
    if (behindMs <= longestCatchUpMs) return;
    const turns = Math.ceil((behindMs - longestCatchUpMs) / this.#intervalMs);
    this.#turn += turns;
    this.#missed += turns;
  }

  #dueMs(): number {
    return this.#startedMs + this.#turn * this.#intervalMs;
  }
}
