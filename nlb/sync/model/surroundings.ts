import type { openActive } from '../active.ts';
import type { decideFirst } from '../first-packet.ts';
import type { openReceiver } from '../receiver.ts';
import type { FlowName } from '../records.ts';
import type { SyncSettings } from '../settings.ts';
import type { Lookup } from './data-path.ts';
import { isUdp } from './truth.ts';

/** What two nodes are made of, or of what is broken to see the laws break. */
export interface Machine {
  settings: SyncSettings;
  openActive: typeof openActive;
  openReceiver: typeof openReceiver;
  decideFirst: typeof decideFirst;
  /** In which order a program looks a flow without an entry up. */
  lookupOrder: readonly Lookup[];
  /** What a barrier waits for: the programs that run, and the frames that are in the ring or that these leave there. */
  barrierWaitsFor: readonly ('programs' | 'frames')[];
  /** Which tables a walk goes through, in this order. */
  walk: readonly ('halfOpen' | 'connections')[];
  /** Whether a node that joins forgets its connections. */
  wipesOnJoining: boolean;
  /** Whether a node that takes over counts nobody as gone before it has found so itself. */
  forgetsGone: boolean;
  /** Whether a server that was gone gets another number. */
  renumbers: boolean;
}

export const SLOTS = 2;
export const POOLS = ['tcp 203.0.113.1:80', 'udp 203.0.113.1:53'] as const;

/** TCP flows take the two slots of one pool by turns; those of UDP are both in the first slot of the other. */
export function poolSlotOf(flow: FlowName): { pool: string; slot: number } {
  return isUdp(flow) ? { pool: POOLS[1], slot: 0 } : { pool: POOLS[0], slot: Number(flow.slice(-1)) % SLOTS };
}
