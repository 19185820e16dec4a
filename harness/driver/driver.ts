import type { ChildProcess, StdioOptions } from 'node:child_process';
import type { LegPlan, NodePlan } from '../topology/plan.ts';
import type { DriverName, LabState } from './registry.ts';

/**
 * What makes a lab out of something, and takes it away again. All the rest of the harness works with the two handles and knows
 * nothing of what they are made of; a check by imports and words sees to it (`harness/driverless.ts`). The README here says
 * what the handles promise.
 */
export interface Driver {
  readonly name: DriverName;
  /** Why it can make no lab on this machine, in a sentence that says what to do; undefined where it can. */
  missing?(): Promise<string | undefined>;
  /**
   * Makes the network of the lab's plan, and nodes in which nothing runs yet. What is made carries the lab's name; when a step
   * fails, what was made is unmade and the failure is thrown.
   */
  make(state: LabState): Promise<void>;
  /**
   * Ends every process of the lab and removes all of it. Safe to run on what was half made, to run again, and to run while
   * somebody else does the same.
   */
  unmake(state: MadeLab): Promise<void>;
  /** Removes what is left of labs that the register knows no more; gives their names. */
  removeStrays?(): Promise<string[]>;
  node(state: MadeLab, plan: NodePlan): NodeHandle;
  segment(state: MadeLab, lan: string): SegmentHandle;
}

/** What of a lab's state is needed to find its parts again. */
export type MadeLab = Pick<LabState, 'name' | 'plan' | 'guests'>;

/** Whose process a program is: one of the node's, or one that watches it, sees its network, and that no fault of it touches. */
export type Membership = 'node' | 'watcher';

/** A node of a lab: where programs run, and what can be done to it as a whole. */
export interface NodeHandle {
  /** The name by which a user enters its network: `ip netns exec NAME …`. */
  readonly network: string;
  /** Where the kernel says for how long the node's programs waited for a processor (`cpu.pressure`); undefined where it does not. */
  readonly pressureFile: string | undefined;
  /**
   * Begins a command. `start` must make a child process of the words that it is given, at once: a child is born where its maker
   * is at that moment. The process that it makes becomes the program itself.
   */
  begin<T>(command: string[], start: (file: string, args: string[]) => T, as?: Membership): T;
  /** Runs something synchronous in the node's network, for what belongs to the harness: opening a socket, reading /proc/net. */
  inside<T>(action: () => T): T;
  /** The process that `begin` has started, by the id that its child process has. */
  process(pid: number): NodeProcess;
  /** Every process that is there now. */
  processes(): NodeProcess[];
  /** What its processes use now. */
  usage(): Promise<Usage>;
  /** Stops every process of the node where it stands; its network lives on. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** Kills every process of the node at once, frozen ones too. What the kernel holds for the node stays: links, addresses, filters. */
  killAll(): Promise<void>;
  /** Holds some of its processes, or all of it, up for so long; settles when that is over. */
  stall(how: Stall, processes: readonly NodeProcess[], ms: number): Promise<void>;
  /** Gives what freezes the node and takes these cables down, all at one instant, and settles when both is so. */
  preparePowerLoss(cables: readonly Cable[]): Promise<() => Promise<void>>;
  /**
   * Unmakes a leg, and makes it again as the plan says: another interface of the same name, with the hardware address that is
   * given, and with the plan's address and routes.
   */
  makeLegAnew(leg: LegPlan, mac: LegPlan['mac']): Promise<void>;
}

/**
 * How a node is held up. `stop`: SIGSTOP to every thread of each of the processes, then SIGCONT. `freeze`: every process of the
 * node stands still, as when the machine is paused; its kernel and cables live on.
 */
export type Stall = 'stop' | 'freeze';

export interface NodeProcess {
  /** Tells the processes of one machine apart. */
  readonly id: number;
  isRunning(): boolean;
  /** @throws when it has ended */
  signal(name: NodeJS.Signals): void;
  /** Name of its program, as the kernel keeps it: 15 bytes at most; empty once it has ended. */
  program(): string;
  /** The words that it was started with; empty once it has ended. */
  commandLine(): string;
  /** It can have so many files open, and no more. Gives what puts its former limit back. */
  limitFiles(count: number): Promise<() => Promise<void>>;
}

export interface Usage {
  processes: number;
  /** Of one core, in hundredths, on the average of their lives. */
  cpuPercent: number;
  /** What they share with others, such as a program's text, is divided among all that share it. */
  memoryBytes: number;
}

/** A cable by the switch's end of it. */
export interface Cable {
  segment: SegmentHandle;
  port: string;
}

/** The switch of a LAN: its ports, by their names in the plan, are what commands and sockets see there. */
export interface SegmentHandle {
  readonly lan: string;
  /** The name by which a user enters it. */
  readonly network: string;
  /** Runs a command to its end; gives what it printed. @throws when it fails, with what it said */
  run(command: string[], input?: string): Promise<string>;
  /** Begins a command. */
  open(command: string[], stdio: StdioOptions): ChildProcess;
  /** Runs something synchronous where the ports are: opening a socket that captures or injects. */
  inside<T>(action: () => T): T;
  setPort(port: string, state: 'up' | 'down'): Promise<void>;
  isDown(port: string): Promise<boolean>;
}
