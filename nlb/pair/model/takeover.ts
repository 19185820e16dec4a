import type { Event } from '../state.ts';
import { opposite, type Side } from './network.ts';
import type { World } from './world.ts';

/**
 * Whoever takes over from a leader that holds its lease has heard nothing of it for the dead time, whatever the network does
 * and whatever others say: a fault that is over before has cost nothing. All by the clock of the one that takes over.
 */
export interface TakeoverWatch {
  happens(side: Side, event: Event): void;
  /** How long ago a leader was heard that leads on, where that is not long enough; else undefined. */
  tooSoonMs(side: Side, atMs: number): number | undefined;
}

/** The last beat that came, where it said that the other leads, and under which lease. */
interface Word {
  life: number;
  atMs: number;
  leaseMs: number;
}

export function openTakeoverWatch({ nodes }: World): TakeoverWatch {
  const last: (Word | undefined)[] = [undefined, undefined];
  return {
    happens: (side, event) => {
      if (event.type !== 'Heard') return;
      const { state, leaseMs } = event.from;
      last[side] = state === 'active' ? { life: nodes[side].lives, atMs: event.atMs, leaseMs } : undefined;
    },
    tooSoonMs: (side, atMs) => {
      const [word, { lives, settings }, other] = [last[side], nodes[side], nodes[opposite(side)]];
      if (word?.life !== lives || !other.host.answers()) return undefined;
      const deadMs = Math.max(settings.leaseMs, word.leaseMs) + settings.deadAfterMs - settings.leaseMs;
      const silentMs = atMs - word.atMs;
      return silentMs < deadMs - EXACT_MS ? silentMs : undefined;
    },
  };
}

/** Sums of fractions of milliseconds are not exact. */
const EXACT_MS = 1e-6;
