import type { StateName } from '../pair/beat.ts';

/**
 * What the beat thread and the sync thread say to each other, by a port that neither waits for. What is said of a lead, or of one
 * attempt to complete the log, names it: the other may have gone on meanwhile.
 */
export type ToSync =
  /** A state was entered. `reign` names a lead as nobody else's was ever named: 1 to 2^48 - 1; 0 in any other state. */
  | { type: 'entered'; state: StateName; reign: number }
  /** The reign that the living, leading peer names is this from now on; 0 where none leads, or it takes no part. */
  | { type: 'peer'; reign: number }
  /** Log nothing new, and say when all is acknowledged: this node is about to let go. */
  | { type: 'completeLog'; attempt: number }
  /** It is not after all: go on. */
  | { type: 'keepLog' };

export type FromSync =
  | { type: 'takesPart'; takesPart: boolean }
  /** Of this node's lead of that reign: whether the peer is in step. */
  | { type: 'inStep'; reign: number; isPeerInStep: boolean }
  /** All is acknowledged; or, with false, it cannot be, because the peer is no longer in step. */
  | { type: 'logCompleted'; attempt: number; isInStep: boolean };
