import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { execa } from 'execa';
import { inNamespace, netnsPath } from '../driver/namespace.ts';

/** The switch of a LAN of a running lab: its ports, by their names in the plan, are what commands and sockets see there. */
export class Switch {
  readonly lan: string;
  private readonly netns: string;

  constructor(lan: string, netns: string) {
    this.lan = lan;
    this.netns = netns;
  }

  /** Runs a command to its end; gives what it printed. @throws when it fails, with what it said */
  async run(command: string[], input = ''): Promise<string> {
    const done = await execa('nsenter', [`--net=${netnsPath(this.netns)}`, '--', ...command], { input, reject: false });
    if (done.failed) throw new Error(`${command.join(' ')} on the switch of ${this.lan} failed: ${done.stderr}`);
    return done.stdout;
  }

  /** Begins a command. */
  open([file = '', ...args]: string[], stdio: StdioOptions): ChildProcess {
    return this.inside(() => spawn(file, args, { stdio }));
  }

  /** Runs something synchronous where the ports are: opening a socket. */
  inside<T>(action: () => T): T {
    return inNamespace(this.netns, action);
  }
}
