/**
 * What the active tells the standby, and what that answers: plain data. Servers and pools go by names that both nodes know
 * (a server by its address, a pool by its first service: protocol, address and port); numbers are each node's own.
 */

/** A server by its address. */
export type ServerName = string;
/** A flow by its five-tuple. */
export type FlowName = string;

/** A SET has no more slots than that, so that it fits into a datagram. */
export const MOST_SLOTS = 512;

/** One change of the rule. A session's log is a list of these, numbered from 1. */
export type LogRecord =
  /** These slots of the pool go to that server from now on; to nobody where it is undefined. */
  | { type: 'set'; pool: string; slots: number[]; server: ServerName | undefined }
  /** That flow goes to that server, whatever its slot says. */
  | { type: 'add'; flow: FlowName; server: ServerName }
  /** That flow goes where its slot says. */
  | { type: 'del'; flow: FlowName };

/** One of a later version that may be skipped: it has its number, and changes nothing here. */
export interface Skipped {
  type: 'skipped';
}

/** One standby attached to one reign of an active; its log begins with empty tables. */
export interface Session {
  /** One lead of one daemon, named by a number that no other lead has. */
  reign: number;
  /** One joining of a standby, likewise. */
  attachment: number;
}

export type FromActive =
  /** Records `first`, `first + 1` and so on. Those up to `snapshotEnd` make the state of before the session. */
  | { type: 'records'; session: Session; first: number; records: readonly (LogRecord | Skipped)[]; snapshotEnd: number }
  /** The log is no longer retained: attach anew. */
  | { type: 'ended'; session: Session };

/** A flow, and the server that has it. */
export interface FlowAt {
  flow: FlowName;
  server: ServerName;
}

/** So many fit into a datagram. */
export const MOST_COMPARED = 60;

export type FromStandby =
  | { type: 'attach'; session: Session }
  /**
   * All records up to `applied` have been applied. `configured` is a number that follows from the servers and services that the node has;
   * an earlier version does not say it.
   */
  | { type: 'acknowledgement'; session: Session; applied: number; configured?: number };

/** The active asks: where would these go by your rule, once you have applied all up to `tip`? `number` tells one question from another. */
export interface Compare {
  type: 'compare';
  session: Session;
  number: number;
  tip: number;
  flows: readonly FlowAt[];
}

/** The standby answers: the places of those flows of the question that would go to another server. */
export interface Compared {
  type: 'compared';
  session: Session;
  number: number;
  different: readonly number[];
}

/** All that two nodes say to each other. */
export type Message = FromActive | FromStandby | Compare | Compared;

export const isSame = (one: Session | undefined, other: Session | undefined): boolean =>
  one !== undefined && one.reign === other?.reign && one.attachment === other.attachment;
