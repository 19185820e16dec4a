import type { Segment } from './flow.ts';
import type { Connection } from './knowledge.ts';
import type { Timeouts } from './timeouts.ts';

/**
 * The states of a connection, by the client's packets alone: the server's packets do not pass the load balancer.
 *
 *     first packet           an ACK                    FIN
 *    ─────────────► unproven ──────► established ─────────────► finished
 *                    ▲   │             ▲  │          RST         │ │
 *                    │   │         ACK │  └───────► reset ◄──────┘ │
 *                    │   │             └────────────┘ │            │
 *                    │   │                       SYN  │            │
 *                    └───────────────────────────────┴─────────────┘
 *                        └── UDP: any ──► datagrams
 *
 * A client that has reset a connection acknowledges nothing more of it: an ACK shows that somebody else sent the RST.
 */
export type ConnectionState = 'unproven' | 'established' | 'finished' | 'reset' | 'datagrams';

const NS_PER_MS = 1_000_000n;
const TIMEOUT: Record<ConnectionState, keyof Timeouts> = {
  unproven: 'unprovenMs',
  established: 'establishedMs',
  finished: 'finishedMs',
  reset: 'resetMs',
  datagrams: 'datagramsMs',
};

/** When it expires, if no packet of it comes. */
export const expiresNs = ({ state, seenNs }: Connection, timeouts: Timeouts): bigint =>
  seenNs + BigInt(timeouts[TIMEOUT[state]]) * NS_PER_MS;

/** Whether it has been silent for longer than its state's timeout, so that it counts as absent. */
export function isExpired(connection: Connection, timeouts: Timeouts, nowNs: bigint): boolean {
  return expiresNs(connection, timeouts) <= nowNs;
}

/** A client may use the ports of a connection that it has ended for another one (RFC 9293 section 3.10.7.4). */
export function beginsAgain({ state }: Pick<Connection, 'state'>, { tcp }: Segment): boolean {
  return (state === 'finished' || state === 'reset') && tcp?.syn === true && !tcp.ack;
}

/** Whether the packet proves a half-open connection: a flood of first packets has none such. */
export function proves({ tcp }: Segment): boolean {
  return tcp === undefined || (tcp.ack && !tcp.syn && !tcp.rst);
}

/** The state of a connection that this packet proves. */
export function provenState({ tcp }: Segment): ConnectionState {
  if (tcp === undefined) return 'datagrams';
  return tcp.fin ? 'finished' : 'established';
}

/** The state after one more packet. */
export function nextState(state: ConnectionState, segment: Segment): ConnectionState {
  const { tcp } = segment;
  if (beginsAgain({ state }, segment)) return 'unproven';
  if (tcp?.rst) return 'reset';
  if ((state === 'unproven' || state === 'reset') && proves(segment)) return provenState(segment);
  return tcp?.fin && state === 'established' ? 'finished' : state;
}

export const isActive = ({ state }: Connection): boolean => state === 'established' || state === 'datagrams';
