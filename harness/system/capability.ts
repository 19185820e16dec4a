import type { LabNode } from '../node/node.ts';
import type { DropsSaid } from './drop-causes.ts';
import type { PairOptions, PairSetup, Role } from './system.ts';

/** What heartbeats are sent to: a port of UDP, or VRRP's own protocol (RFC 9568), which has none. */
export type HeartbeatPort = number | 'vrrp';

/**
 * What a system may have beyond its core, by the name with which a test says that it needs it. A system says of each whether it
 * has it, or why not. `true`: there is nothing to call; the system does it, or does not.
 */
export interface Capabilities {
  /** What the node says that it is, undefined while it does not answer. For waiting only: no verdict is made from it. */
  role(node: LabNode): Promise<Role | undefined>;
  /** Whether the node says that it could serve if it led. For waiting only. */
  fitness(node: LabNode): Promise<boolean>;
  /** Asks the active to hand over, or the standby to take over; rejects with what the system said when it refuses. */
  handover: { standBy(node: LabNode): Promise<void>; takeOver(node: LabNode): Promise<void> };
  /** Has the running system work by another configuration; rejects with what it said when it refuses. */
  reload(node: LabNode, setup: PairSetup): Promise<void>;
  /**
   * The operator's script for every state, initial among them, told the state before and the reason. What it writes is a line for
   * each entry, by tabs: state, previous state, seconds on CLOCK_BOOTTIME (as /proc/uptime has them), the same of the entry by the
   * system's own word (empty where it does not say), reason.
   */
  stateScripts: {
    script(folder: string, node: string): string;
    journal(folder: string, node: string): string;
    /** Variable of the script's environment that names the state. */
    stateVariable: string;
  };
  /** Commands that print the node's log of events, one JSON object a line: what is kept, and that and what follows. */
  eventLog: { read: string[]; follow: string[] };
  /** A log of the daemon by its label, and the last of the stamps in it, in milliseconds of the wall clock; NaN where there is none. */
  stampedLog: { label: string; lastStampMs(log: string): number };
  /** By which the standby knows that the active lives: what they are sent to, an expression of nft for them, the legs they leave by. */
  heartbeats: { sentTo: HeartbeatPort; match: string; legs: readonly string[] };
  /** The standby sends heartbeats, too. */
  standbyBeats: true;
  /** Heartbeats are UDP datagrams to this port, by both legs, signed with the keys of the setup, and never replayed. */
  signedHeartbeats: { port: number };
  /** How many heartbeat datagrams the node says that it has refused since its start, by reason. */
  refusals(node: LabNode): Promise<Record<string, number>>;
  /** How many packets the node says that its data path has dropped, by cause; undefined while it does not answer. */
  drops(node: LabNode): Promise<DropsSaid | undefined>;
  /** Before it takes over from a silent active, the standby asks for the address by ARP: an active that answers lives. */
  witness: true;
  /** The active may answer and forward only until an instant that its own beats put off. */
  lease: true;
  /** From the instants of a leader's announcements since it was given the address: whether it has made them all. */
  announcements(atMs: readonly number[], nowMs: number): boolean;
  /** A station that claims the address is contradicted. */
  defence: true;
  /** Servers are looked at, and one that fails gets nothing new. */
  healthChecks: true;
  /** Servers’ hardware addresses are learnt by ARP, and followed when they change. */
  neighbours: true;
  weights: true;
  /** A server can be told to drain: it gets nothing new, and keeps the connections that it has. */
  draining: true;
  /** Of each service by name, the servers that the node says its new connections go to; undefined while it does not answer. For waiting only. */
  serving(node: LabNode): Promise<Record<string, string[]> | undefined>;
  /** Targets that a node asks for by ARP; the node that reaches more of them leads. */
  reachTargets: true;
  /** Whether a primary that returns has the lead back is a setting. */
  failback: true;
  /** A primary that loses the lead again and again has it back later each time. */
  holdDown: true;
  /** A daemon that is stopped can leave all for its successor, so that a restart loses nothing without a peer. */
  keeps: true;
  furtherInterfaces: true;
  inStep: {
    /** Whether the node, which leads, says that the other may take over at any instant. For waiting only. */
    isSo(node: LabNode): Promise<boolean>;
    /** That, and that no change of a selection has to wait for connections of before its lead. For waiting only. */
    mayChange(node: LabNode): Promise<boolean>;
    /** Whether the node, which has just taken over, was in step when the other last said so; undefined if it does not say. */
    wasInStep(node: LabNode): Promise<boolean | undefined>;
    /**
     * How many of its connections the other would send to the same server, and to different ones, by what both have; and of how many the
     * other did not answer in time.
     */
    compare(node: LabNode): Promise<{ same: number; different: number; unanswered: number }>;
    /** What the two say to each other of it, as an expression of nft. */
    match: string;
  };
  /** The control plane's main thread can be held up from outside; where it says so, and what its control socket answers. */
  mainThread: { log: string; socket(node: LabNode): string; statusRequest: string; followRequest: string };
  /** Puts the commands of the version of that commit into a folder; gives the folder to find them in. */
  versions(folder: string, commit: string): string;
}

export type Capability = keyof Capabilities;

/** What a setup needs that asks for that. Sizes and times of a table of connections need nothing: who has none keeps to them. */
const NEEDED_BY: Partial<Record<keyof PairOptions, Capability>> = {
  weights: 'weights',
  draining: 'draining',
  reach: 'reachTargets',
  recovery: 'failback',
  secrets: 'signedHeartbeats',
  keeps: 'keeps',
  furtherInterfaces: 'furtherInterfaces',
  inStep: 'inStep',
  holdable: 'mainThread',
  commands: 'versions',
};

/** What a system must have to be set up like that. */
export const neededFor = (options: PairOptions): Capability[] =>
  Object.entries(NEEDED_BY).flatMap(([option, capability]) => (option in options ? [capability] : []));
