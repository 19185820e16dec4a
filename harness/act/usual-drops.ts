import type { Drop } from './suite-test.ts';

/** What load balancers drop in several tests, for a reason that lies in what these do. */

/** Where the active is struck under load, by whatever: until firewalls heed its successor, and by `sendToFencedNode` beyond that. */
export const SENT_TO_FENCED_NODE: Drop = {
  cause: 'no lease',
  why: 'a node is sent packets for the cluster that may not forward them any more',
};

/** Where a leg of a load balancer is cut. It beats all the time. */
export const BEATS_AT_ONCE: Drop = {
  cause: 'too many heartbeats',
  why: 'what a node sends by a dead cable waits for its peer’s hardware address, and comes all at once when that is known',
};

/** Where that is done under load. */
export const DEAD_CABLE: Drop[] = [
  BEATS_AT_ONCE,
  {
    cause: 'flooded',
    why: 'the switch does not know where the node behind a dead cable is, and floods what is for it',
  },
  { cause: 'not sent', why: 'until a node has noticed that its cable is dead it forwards to it' },
];

/** Where beats are forged, or replayed, fast. */
export const FORGED_FAST: Drop = {
  cause: 'too many heartbeats',
  why: 'beats are forged or replayed faster than nodes look at them',
};
