import type { Random } from './random.ts';

/** What a bad cable does to frames of one direction; what is absent, it does not do. */
export interface Impairment {
  /** Every frame comes so much later. */
  delayMs?: number;
  /** And by up to so much more, drawn for each frame; the order of frames stays. */
  jitterMs?: number;
  /** So many of a thousand are lost, come twice, or overtake all those that are delayed. */
  lostPerMille?: number;
  duplicatedPerMille?: number;
  overtakingPerMille?: number;
}

/** How many frames it was done to. */
export interface ImpairedCounts {
  passed: number;
  lost: number;
  duplicated: number;
  overtaking: number;
}

export interface Due<Frame> {
  atMs: number;
  frame: Frame;
}

/** One direction of a bad cable: a pure function of the frames, the times at which they come, and the random numbers. */
export class ImpairedDirection<Frame> {
  readonly counts: ImpairedCounts = { passed: 0, lost: 0, duplicated: 0, overtaking: 0 };
  private readonly impairment: Impairment;
  private readonly random: Random;
  /** In the order in which they are due. */
  private readonly waiting: Due<Frame>[] = [];
  private lastDueMs = Number.NEGATIVE_INFINITY;

  constructor(impairment: Impairment, random: Random) {
    this.impairment = impairment;
    this.random = random;
  }

  /** A frame comes. */
  take(frame: Frame, nowMs: number): void {
    const {
      delayMs = 0,
      jitterMs = 0,
      lostPerMille = 0,
      duplicatedPerMille = 0,
      overtakingPerMille = 0,
    } = this.impairment;
    if (this.happens(lostPerMille)) {
      this.counts.lost += 1;
      return;
    }
    this.counts.passed += 1;
    if (this.happens(overtakingPerMille)) {
      this.counts.overtaking += 1;
      this.waiting.unshift({ atMs: nowMs, frame });
      return;
    }
    this.lastDueMs = Math.max(this.lastDueMs, nowMs + delayMs + (this.random.below(1000) / 1000) * jitterMs);
    this.waiting.push({ atMs: this.lastDueMs, frame });
    if (!this.happens(duplicatedPerMille)) return;
    this.counts.duplicated += 1;
    this.waiting.push({ atMs: this.lastDueMs, frame });
  }

  /** The frames that are due by now, in their order. */
  due(nowMs: number): Frame[] {
    const first = this.waiting.findIndex(({ atMs }) => atMs > nowMs);
    return this.waiting.splice(0, first === -1 ? this.waiting.length : first).map(({ frame }) => frame);
  }

  /** When the next one is due; infinity where none waits. */
  nextMs(): number {
    return this.waiting[0]?.atMs ?? Number.POSITIVE_INFINITY;
  }

  private happens(perMille: number): boolean {
    return perMille > 0 && this.random.below(1000) < perMille;
  }
}
