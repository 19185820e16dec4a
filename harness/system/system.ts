import type { LabNode } from '../node/node.ts';
import type { Plan } from '../topology/plan.ts';

/** How a load balancer under test says that its node stands. */
export type Role = 'initial' | 'active' | 'standby' | 'inop';

/** What the operator of a pair wants of it, besides what the topology says. */
export interface Wishes {
  /** Weight of each server by name; 1 where none is given. */
  weights?: Record<string, number>;
  /** Segments on which a load balancer must be able to reach the firewalls' VRRP address; the better placed of the two leads. */
  reach?: string[];
  /** Whether the primary has the lead back by itself. Where nothing is said, it has not. */
  recovery?: 'manual' | 'automatic';
  /** Names of the servers and of the services in use; all of the plan when absent. */
  servers?: string[];
  services?: string[];
  /** What the two authenticate each other with, in base64; the first one signs. */
  secrets?: string[];
  /** A daemon that is stopped leaves all for its successor, so that a restart loses nothing even without a peer. */
  keeps?: boolean;
  /** Further interfaces to servers, by name, whether there are such or not. */
  furtherInterfaces?: string[];
  /** How many connections its table holds; where nothing is said, as many as labs need. */
  maxConnections?: number;
  /** How many connections a second may enter it, of each protocol; where nothing is said, what the system does when it is told nothing. */
  enterPerSecond?: number;
  /** After how long without a packet a connection counts as gone, whatever its state; the system's own times where nothing is said, or 0. */
  forgetsAfterMs?: number;
  /** Variables of the environment for the daemons, besides the nodes' own. */
  env?: Record<string, string>;
  /** Folder with the system's commands, where they are those of another version. */
  commands?: string;
}

/** What a system is told about the pair that it is to be. */
export interface PairSetup extends Wishes {
  secrets: string[];
  plan: Plan;
  /**
   * `shared`, when absent: the machine runs other labs too, so the pair is given time. `default`: what the system does when
   * it is told nothing, for a benchmark that has the machine to itself.
   */
  pace?: 'default' | 'shared';
  /** Folder for files of the system; one for the lab, so name them by node. */
  folder: string;
  /** BPF file system for what the system pins. */
  bpfFolder: string;
}

/**
 * A load-balancer system that the suites can be run against. The harness sees it as its users do: a program that is
 * configured, started, signalled and asked.
 */
export interface System {
  name: string;
  /** Requirements that the system declares it cannot meet, with the reason. */
  lacks: Record<string, string>;
  /** Variables that the system's own commands need on this node. */
  environment(node: string, setup: Pick<PairSetup, 'folder'>): Record<string, string>;
  /** Configures and starts the system on the node; gives the process id of its daemon. Starting again is a restart. */
  start(node: LabNode, setup: PairSetup): number;
  /** Has the running system work by another configuration; rejects with what it said when it refuses. */
  reload(node: LabNode, setup: PairSetup): Promise<void>;
  /** What the node says that it is. For waiting only: no verdict is made from it. Undefined while it does not answer. */
  role(node: LabNode): Promise<Role | undefined>;
  /** Whether the node says that it could serve if it led. For waiting only. */
  isFit(node: LabNode): Promise<boolean>;
  /** Commands that print the node's log of events, one JSON object a line: what is kept, and that and what follows. */
  eventLog: { read: string[]; follow: string[] };
  /** How many heartbeat datagrams the node says that it has refused since its start, by reason. */
  refusals(node: LabNode): Promise<Record<string, number>>;
  /** How many packets the node says that its data path has dropped, by cause. */
  drops(node: LabNode): Promise<Record<string, number>>;
  /** Asks the active to hand over, or the standby to take over; rejects with what the system said when it refuses. */
  standBy(node: LabNode): Promise<void>;
  takeOver(node: LabNode): Promise<void>;
}
