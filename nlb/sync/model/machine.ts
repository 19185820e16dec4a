import { openActive } from '../active.ts';
import { decideFirst } from '../first-packet.ts';
import { openReceiver } from '../receiver.ts';
import type { SyncSettings } from '../settings.ts';
import { IDLE_MS } from './data-path.ts';
import type { Machine } from './surroundings.ts';

export const settings: SyncSettings = {
  holdMs: 40,
  retransmitMs: 5,
  settleMs: 100,
  graceMs: IDLE_MS + 100,
  mostDrifting: 2,
  mostExceptions: 5,
  mostHeldFrames: 4,
  mostRetained: 12,
  recordsPerDatagram: 3,
  window: 6,
  mostBeforeWalk: 2,
};

/** The real engine. */
export const sound: Machine = {
  settings,
  openActive,
  openReceiver,
  decideFirst,
  lookupOrder: ['slot', 'exception'],
  barrierWaitsFor: ['programs', 'frames'],
  walk: ['halfOpen', 'connections'],
  wipesOnJoining: true,
  forgetsGone: true,
  renumbers: true,
};

/** The same with so little room that it runs out of it. */
export const tight: Machine = {
  ...sound,
  settings: {
    ...settings,
    mostDrifting: 1,
    mostExceptions: 2,
    mostHeldFrames: 1,
    mostRetained: 2,
    recordsPerDatagram: 1,
    window: 2,
    mostBeforeWalk: 0,
  },
};
