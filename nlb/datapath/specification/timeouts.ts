import { CONSTANTS } from '../program/layout.ts';

/** How long after its last packet a connection counts as absent, by its state; and what is known of a datagram. Milliseconds. */
export interface Timeouts {
  /** Nothing but its first packet has come. */
  unprovenMs: number;
  /** TCP, in use. */
  establishedMs: number;
  /** TCP, after the client's FIN; what it still receives, it acknowledges, so that this never ends a download. */
  finishedMs: number;
  /** TCP, after the client's RST, which somebody else may have forged. */
  resetMs: number;
  /** UDP. */
  datagramsMs: number;
  /** A datagram's fragments, after the first of them to come. */
  fragmentMs: number;
}

const MINUTE_MS = 60_000;

/** What RFC 5382 REQ-5 (and RFC 7857 section 2.2, after a reset) and RFC 4787 REQ-5 ask of a translator, which is in the same place; and Linux's own time for reassembly. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  unprovenMs: 4 * MINUTE_MS,
  establishedMs: 124 * MINUTE_MS,
  finishedMs: 4 * MINUTE_MS,
  resetMs: 4 * MINUTE_MS,
  datagramsMs: 5 * MINUTE_MS,
  fragmentMs: MINUTE_MS / 2,
};

/** What each is for, as the data path numbers it. */
export const NUMBER_OF: Record<keyof Timeouts, number> = {
  unprovenMs: CONSTANTS.STATE_UNPROVEN,
  establishedMs: CONSTANTS.STATE_ESTABLISHED,
  finishedMs: CONSTANTS.STATE_FINISHED,
  resetMs: CONSTANTS.STATE_RESET,
  datagramsMs: CONSTANTS.STATE_DATAGRAMS,
  fragmentMs: CONSTANTS.FRAGMENT_TIMEOUT,
};

export const TIMEOUTS = Object.keys(DEFAULT_TIMEOUTS) as (keyof Timeouts)[];
