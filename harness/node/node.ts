import { type ChildProcess, type SpawnOptions, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import type { Membership, NodeHandle, NodeProcess } from '../driver/driver.ts';
import type { NodePlan } from '../topology/plan.ts';

export type { NodeProcess };

/** What a node needs to know of the lab that it is in. */
export interface NodeHome {
  /** The lab's own folder, which is found by this path on every node. */
  folder: string;
  plan: NodePlan;
  handle: NodeHandle;
  /** Variables of the environment, besides the harness's own, for everything that runs on the node. */
  env: Record<string, string>;
}

/** How a command ended, and what it printed. Without an exit code it was ended by a signal, or never started. */
export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** A harness that goes before other work, in order to miss nothing, must not take its lab along. */
function atOrdinaryPriority<T>(start: () => T): T {
  const own = getPriority();
  setPriority(constants.priority.PRIORITY_NORMAL);
  try {
    return start();
  } finally {
    setPriority(own);
  }
}

const spawning =
  (stdio: StdioOptions) =>
  (file: string, args: string[]): ChildProcess =>
    spawn(file, args, { stdio });

async function toItsEnd(
  file: string,
  args: string[],
  options: { input: string; env?: NodeJS.ProcessEnv },
): Promise<Ran> {
  const done = await execa(file, args, { ...options, reject: false });
  return { exitCode: done.exitCode, stdout: done.stdout, stderr: done.stderr };
}

/** A node of a running lab: where programs run, and what can be done to it. */
export class LabNode {
  readonly home: NodeHome;
  readonly name: string;

  constructor(home: NodeHome) {
    this.home = home;
    this.name = home.plan.name;
  }

  /** Runs a command to its end, with `input` on its standard input. It does not reject when the command fails. */
  run = async (command: string[], input = ''): Promise<Ran> =>
    this.begin(command, (file, args) => toItsEnd(file, args, { input }));
  /** The same beside the node: in its network, but no part of it, so that it runs while the node is frozen. For what is soon over. */
  runBeside = async ([file = '', ...args]: string[], input = ''): Promise<Ran> =>
    this.inside(() => toItsEnd(file, args, { input, env: this.home.env }));

  /**
   * Begins a command on this node. A child is born with the priority that its maker has at that moment. The node's variables are set
   * by the last program before the command's own: those with which a driver enters the node are not the node's.
   */
  private begin<T>(
    command: string[],
    start: (file: string, args: string[]) => T,
    { as = 'node', env = {} }: { as?: Membership; env?: Record<string, string> } = {},
  ): T {
    const variables = Object.entries({ ...this.home.env, ...env }).map(([name, value]) => `${name}=${value}`);
    const words = ['env', ...variables, ...command];
    return this.home.handle.begin(words, (file, args) => atOrdinaryPriority(() => start(file, args)), as);
  }

  /**
   * Starts a program that outlives the harness; what it prints goes to `logs/<node>.<label>.log` in the lab's folder.
   * Gives the process, which is the program itself.
   */
  start(label: string, command: string[], env: Record<string, string> = {}): NodeProcess {
    const log = openSync(this.logFile(label), 'a');
    try {
      const options: SpawnOptions = { stdio: ['ignore', log, log], detached: true };
      const child = this.begin(command, (file, args) => spawn(file, args, options), { env });
      child.unref();
      if (child.pid === undefined) throw new Error(`cannot start ${label} on ${this.name}: ${command.join(' ')}`);
      return this.home.handle.process(child.pid);
    } finally {
      closeSync(log);
    }
  }

  /** Starts a program whose standard streams are the harness's to use; it should end when its standard input does. */
  open = (command: string[]): ChildProcess => this.begin(command, spawning(['pipe', 'pipe', 'inherit']));
  /** Starts a program that has the harness's own standard streams: for a user at a terminal. */
  openHere = (command: string[]): ChildProcess => this.begin(command, spawning('inherit'));
  /** Starts a program that watches the node: it sees the node's network, and no fault of the node touches it. */
  openWatcher = (command: string[], env: Record<string, string> = {}): ChildProcess =>
    this.begin(command, spawning(['ignore', 'pipe', 'inherit']), { as: 'watcher', env });

  logFile(label: string): string {
    const folder = path.join(this.home.folder, 'logs');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${this.name}.${label}.log`);
  }

  /** Runs something synchronous inside the node's network: opening a socket, reading /proc/sys/net. */
  inside<T>(action: () => T): T {
    return this.home.handle.inside(action);
  }

  freeze = (): Promise<void> => this.home.handle.freeze();
  thaw = (): Promise<void> => this.home.handle.thaw();
  /** Kills every process of the node at once. */
  killAll = (): Promise<void> => this.home.handle.killAll();
  processes = (): NodeProcess[] => this.home.handle.processes();
}
