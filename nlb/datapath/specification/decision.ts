import type { OutcomeName } from '../program/layout.ts';
import type { Allowance } from '../tables/lease.ts';
import type { Flow } from './flow.ts';
import type { Binding, Connection, Fragments, ProvenTable, Server } from './knowledge.ts';

/** The verdict on a frame, and what has to be recorded for the next ones. */
export interface Decision {
  /** Its first word is the verdict: PASSED to the node's own stack, FORWARDED, HELD in user space, or DROPPED. */
  outcome: OutcomeName;
  /** As it leaves: the same octets, but for the two hardware addresses of a frame that is forwarded. */
  frame: Buffer;
  /** The interface that a forwarded frame leaves by. */
  egress?: number;
  /** Entries to be written, in this order. */
  writes: Write[];
  /** What has to be counted besides the outcome. */
  counts: Counted[];
  /** Of a frame that is held. */
  held?: Held;
}

/** What user space is told of a frame that it is handed. */
export interface Held {
  /** An exception that cannot be followed, or the mark of the slot. */
  by: 'exception' | 'slot';
  slot: number;
  /** Name of the service. */
  service: string;
  flow: Flow;
}

/**
 * An entry's new value, undefined to remove it; how many beats were let through; `peerAsked`: the peer has just asked for the
 * NLBS address; `fenced`: forwarding ends, whatever the lease says.
 */
export type Write =
  | { table: ProvenTable | 'halfOpen'; name: string; value: Connection | undefined }
  | { table: 'affinities'; name: string; value: Binding | undefined }
  | { table: 'fragments' | 'unprovenFragments'; name: string; value: Fragments | undefined }
  | { table: 'entering'; name: 'tcp' | 'udp'; value: bigint }
  | { table: 'allowances'; index: number; value: Allowance }
  | { table: 'peerAsked' }
  | { table: 'fenced' };

/** For the server and the service: a packet that was sent there, a connection that was opened, a change of the active ones. */
export type Counted = CountedForServer | CountedForTable;

export type CountedForServer = { server: number; service: string } & (
  | { what: 'packet' }
  | { what: 'opened' }
  | { what: 'active'; by: 1 | -1 }
);

/** For a table: a connection that entered, one that the limit kept out, one that was removed. */
export interface CountedForTable {
  what: 'entered' | 'limited' | 'removed';
  table: ProvenTable;
}

/** A decision before the frame is readdressed. */
export interface Result extends Pick<Decision, 'outcome' | 'writes' | 'counts' | 'held'> {
  to?: Destination;
}

/** Where a frame is forwarded to, and for which service. */
export interface Destination {
  server: Server;
  service: string;
}

export const passed = (outcome: OutcomeName & `PASSED_${string}`): Result => ({ outcome, writes: [], counts: [] });
export const dropped = (outcome: OutcomeName & `DROPPED_${string}`): Result => ({ outcome, writes: [], counts: [] });
export const heldResult = (held: Held): Result => ({ outcome: 'HELD', held, writes: [], counts: [] });
