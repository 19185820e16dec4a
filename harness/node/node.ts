import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { getPriority } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { cgroupPath, killCgroup, processesOf, setFrozen, WATCHERS } from '../driver/cgroup.ts';
import { inNamespace, netnsPath } from '../driver/namespace.ts';
import type { NodePlan } from '../topology/plan.ts';

/** What a node needs to know of the lab that it is in. */
export interface NodeHome {
  lab: string;
  /** The lab's own folder on the host. */
  folder: string;
  netns: string;
  plan: NodePlan;
  /** Variables of the environment, besides the harness's own, for everything that runs on the node. */
  env: Record<string, string>;
}

/** How a command ended, and what it printed. Without an exit code it was ended by a signal, or never started. */
export interface Ran {
  exitCode: number | undefined;
  stdout: string;
  stderr: string;
}

/** Enters the node's control group before it becomes the program, so that not even its first child can stay outside. */
const ENTER = 'echo $$ >"$1" && netns=$2 nice=$3 && shift 3 && exec nice -n "$nice" nsenter --net="$netns" -- "$@"';

/** A node of a running lab: where programs run, and what can be done to it. */
export class LabNode {
  readonly home: NodeHome;
  readonly name: string;

  constructor(home: NodeHome) {
    this.home = home;
    this.name = home.plan.name;
  }

  /** The words of a command that runs `command` on this node, by default as one of the node's processes. */
  words(command: string[], group: string = this.name): [string, ...string[]] {
    const procs = path.join(cgroupPath(this.home.lab, group), 'cgroup.procs');
    // A harness that goes before other work, in order to miss nothing, must not take its lab along.
    const ordinary = String(-getPriority());
    return ['sh', '-c', ENTER, 'sh', procs, netnsPath(this.home.netns), ordinary, ...command];
  }

  /** Runs a command to its end, with `input` on its standard input. It does not reject when the command fails. */
  run = (command: string[], input = ''): Promise<Ran> => this.toItsEnd(this.words(command), input);
  /** The same beside the node: in its network, but no part of it, so that it runs while the node is frozen. For what is soon over. */
  runBeside = (command: string[], input = ''): Promise<Ran> =>
    this.toItsEnd(['nsenter', `--net=${netnsPath(this.home.netns)}`, '--', ...command], input);

  private async toItsEnd([file, ...args]: [string, ...string[]], input: string): Promise<Ran> {
    const done = await execa(file, args, { input, env: this.home.env, reject: false });
    return { exitCode: done.exitCode, stdout: done.stdout, stderr: done.stderr };
  }

  /**
   * Starts a program that outlives the harness; what it prints goes to `logs/<node>.<label>.log` in the lab's folder.
   * Gives its process id, which is that of the program itself.
   */
  start(label: string, command: string[], env: Record<string, string> = {}): number {
    const log = openSync(this.logFile(label), 'a');
    try {
      const [file, ...args] = this.words(command);
      const child = spawn(file, args, { stdio: ['ignore', log, log], detached: true, env: this.environment(env) });
      child.unref();
      if (child.pid === undefined) throw new Error(`cannot start ${label} on ${this.name}: ${command.join(' ')}`);
      return child.pid;
    } finally {
      closeSync(log);
    }
  }

  /** Starts a program whose standard streams are the harness's to use; it should end when its standard input does. */
  open(command: string[]): ChildProcess {
    const [file, ...args] = this.words(command);
    return spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'], env: this.environment({}) });
  }

  private environment(more: Record<string, string>): NodeJS.ProcessEnv {
    return { ...process.env, ...this.home.env, ...more };
  }

  /** The same for a program that watches the node: it sees the node's network, and no fault of the node touches it. */
  openWatcher(command: string[]): ChildProcess {
    const [file, ...args] = this.words(command, WATCHERS);
    return spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  }

  logFile(label: string): string {
    const folder = path.join(this.home.folder, 'logs');
    mkdirSync(folder, { recursive: true });
    return path.join(folder, `${this.name}.${label}.log`);
  }

  /** Runs something synchronous inside the node's network namespace: opening a socket, reading /proc/sys/net. */
  inside<T>(action: () => T): T {
    return inNamespace(this.home.netns, action);
  }

  freeze = (): Promise<void> => setFrozen(this.home.lab, this.name, true);
  thaw = (): Promise<void> => setFrozen(this.home.lab, this.name, false);
  /** Kills every process of the node at once. */
  killAll = (): Promise<void> => killCgroup(this.home.lab, this.name);
  processes = (): number[] => processesOf(this.home.lab, this.name);
}
