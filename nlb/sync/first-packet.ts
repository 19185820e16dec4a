import type { ServerName } from './records.ts';

/** Where the first packet of a flow goes: in the data path, and in user space where it is held. */

/**
 *              walk or first packet      acknowledged            its connection is over
 *     (none) ─────────────────► adding ──────────────► settled ─────────────────────────► ending
 *        ▲                        ▲                       ▲  its flow was seen again         │ barrier, looked again:
 *        │                        │ its flow comes again  └──────────────────────────────────┤ its DEL is logged
 *        │ acknowledged           │                                                          ▼
 *        └────────────────────────┴───────────────────────────────────────────────────── deleting
 *
 * Only a settled one is answered by in the data path. The flows of all others are held.
 */
export type ExceptionState = 'adding' | 'settled' | 'ending' | 'deleting';

/** What the data path sees of a flow without a connection entry, and of its slot. */
export interface Seen {
  exception: { server: ServerName; state: ExceptionState } | undefined;
  /** R. */
  committed: ServerName | undefined;
  /** The mark in the slot's value. */
  isHeld: boolean;
}

/**
 * What becomes of a packet whose flow has no connection entry, or whose server is gone. An exception that is not settled,
 * or whose server is gone, holds its flow by itself: the standby may answer by it.
 */
export function decideFirst(
  { exception, committed, isHeld }: Seen,
  isGone: (server: ServerName) => boolean,
): { to: ServerName } | 'held' | 'dropped' {
  if (exception?.state === 'settled' && !isGone(exception.server)) return { to: exception.server };
  if (exception || isHeld) return 'held';
  return committed === undefined || isGone(committed) ? 'dropped' : { to: committed };
}

/** What a packet without a connection entry may be: the first of its connection, for all that a SYN says. */
export type PacketKind = 'syn' | 'tcp' | 'udp';

/** Of a slot. */
export interface SlotServers {
  committed: ServerName | undefined;
  wished: ServerName | undefined;
}

/**
 * Where a held packet goes. A SYN begins a connection, so it follows the wish. Another segment of TCP is of a connection that
 * this node does not know, so it goes where that was placed; so does a datagram in grace, when most flows are unknown.
 * Undefined where there is nobody.
 */
export function serverForHeld(
  kind: PacketKind,
  { committed, wished }: SlotServers,
  isInGrace: boolean,
  isGone: (server: ServerName) => boolean,
): ServerName | undefined {
  const begins = kind === 'syn' || (kind === 'udp' && !isInGrace);
  const isCommittedGone = committed === undefined || isGone(committed);
  const server = begins || isCommittedGone ? wished : committed;
  return server === undefined || isGone(server) ? undefined : server;
}
