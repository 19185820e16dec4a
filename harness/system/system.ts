import type { LabNode, NodeProcess } from '../node/node.ts';
import type { Plan } from '../topology/plan.ts';
import type { Capabilities, Capability } from './capability.ts';

/** How a load balancer under test says that its node stands. */
export type Role = 'initial' | 'active' | 'standby' | 'inop';

/** What the operator of a pair wants of it, besides what the topology says. */
export interface PairOptions {
  /** Weight of each server by name; 1 where none is given. */
  weights?: Record<string, number>;
  /** Names of the servers that get no new connections and keep those that they have. */
  draining?: string[];
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
  /** The standby is kept in step with the active: where that sends each connection, it would, too. */
  inStep?: true;
  /** The daemons' main threads can be held up from outside. */
  holdable?: true;
  /** Folder with the system's commands, where they are those of another version. */
  commands?: string;
}

/** What a system is told about the pair that it is to be. */
export interface PairSetup extends PairOptions {
  secrets: string[];
  plan: Plan;
  /**
   * `shared`, when absent: the machine runs other labs too, so the pair is given time. `default`: what the system does when
   * it is told nothing, for a benchmark that has the machine to itself.
   */
  pace?: 'default' | 'shared';
  /** By which way the load balancers forward, where the system has several; its own choice when absent. */
  datapath?: string;
  /** Folder for files of the system; one for the lab, so name them by node. */
  folder: string;
  /** BPF file system for what the system pins. */
  bpfFolder: string;
}

/**
 * A load-balancer system that the suites can be run against. The harness sees it as its users do: a program that is configured,
 * started, signalled and looked at. This much every system must have; what else it has stands in `can`, and what it has not in
 * `lacks`, each with the reason.
 */
export interface System {
  name: string;
  /** Of what is installed here. Asked only where `missing` says that it is there. */
  version(): string;
  /** Why it cannot run on this machine; undefined where it can. */
  missing(): string | undefined;
  /** Folder with its own commands, for the nodes' PATH. */
  commands?: string;
  /** The command by which an operator sees how a node stands. */
  statusCommand: string;
  /** Labels of the addresses that it puts on a load balancer: the alias on the access interface, cluster addresses on the loopback. */
  labels: { alias: string; loopback: string };
  /** For how long the active must be silent before the standby takes over, by the system's own configuration here. */
  deadAfterMs: number;
  /** Variables that the system's own commands need on this node. */
  environment(node: string, setup: Pick<PairSetup, 'folder'>): Record<string, string>;
  /** Configures and starts the system on the node; gives its daemon. Starting again is a restart. */
  start(node: LabNode, setup: PairSetup): NodeProcess;
  /** By which of its ways the node forwards now, where it has several; undefined while it does not tell. */
  dataPath?(node: LabNode): Promise<string | undefined>;
  /** All processes that are the daemon, where it is more than one: a crash or a stall of it is one of all of them. */
  processes?(node: LabNode): NodeProcess[];
  /** What it has not when it is asked to forward by one of its ways, each with the reason. */
  lacksBy?: Readonly<Record<string, Partial<Record<Capability, string>>>>;
  can: Partial<Capabilities>;
  lacks: Partial<Record<Capability, string>>;
}

/** A system of which the compiler has seen that it says of every capability either what it is or why there is none. */
export const systemWith = <Can extends Partial<Capabilities>>(
  core: Omit<System, 'can' | 'lacks'>,
  can: Can,
  lacks: Record<Exclude<Capability, keyof Can>, string>,
): System => ({ ...core, can, lacks });
