import { CONSTANTS } from '../program/layout.ts';

/** How long after its last packet a connection expires, by its state; and the entry of a fragmented datagram. Milliseconds. */
export interface Timeouts {
  /** Half-open: only its first packet has come. */
  unprovenMs: number;
  /** TCP, in use. */
  establishedMs: number;
  /** TCP, after the client's FIN. The client acknowledges what it still receives, so this never ends a download. */
  finishedMs: number;
  /** TCP, after the client's RST, which somebody else may have forged. */
  resetMs: number;
  /** UDP. */
  datagramsMs: number;
  /** A datagram's fragments, after the first one that arrived. */
  fragmentMs: number;
}

const MINUTE_MS = 60_000;

/**
 * What RFC 5382 REQ-5, RFC 7857 section 2.2 (after a reset) and RFC 4787 REQ-5 require of a NAT, which has the same task; and
 * Linux's timeout for reassembly.
 */
export const DEFAULT_TIMEOUTS: Timeouts = {
  unprovenMs: 4 * MINUTE_MS,
  establishedMs: 124 * MINUTE_MS,
  finishedMs: 4 * MINUTE_MS,
  resetMs: 4 * MINUTE_MS,
  datagramsMs: 5 * MINUTE_MS,
  fragmentMs: MINUTE_MS / 2,
};

/** Index of each in the data path's settings. */
export const NUMBER_OF: Record<keyof Timeouts, number> = {
  unprovenMs: CONSTANTS.STATE_UNPROVEN,
  establishedMs: CONSTANTS.STATE_ESTABLISHED,
  finishedMs: CONSTANTS.STATE_FINISHED,
  resetMs: CONSTANTS.STATE_RESET,
  datagramsMs: CONSTANTS.STATE_DATAGRAMS,
  fragmentMs: CONSTANTS.FRAGMENT_TIMEOUT,
};

export const TIMEOUTS = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
