import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { execa } from 'execa';
import type { SegmentHandle } from './driver.ts';
import { inNamespace, netnsPath } from './namespace.ts';

/** The switch of a LAN: a bridge in a network namespace of its own, whatever the nodes are made of. */
export class HostSegment implements SegmentHandle {
  readonly lan: string;
  readonly network: string;

  constructor(lan: string, netns: string) {
    this.lan = lan;
    this.network = netns;
  }

  async run(command: string[], input = ''): Promise<string> {
    const done = await execa('nsenter', [`--net=${netnsPath(this.network)}`, '--', ...command], {
      input,
      reject: false,
    });
    if (done.failed) throw new Error(`${command.join(' ')} on the switch of ${this.lan} failed: ${done.stderr}`);
    return done.stdout;
  }

  open([file = '', ...args]: string[], stdio: StdioOptions): ChildProcess {
    return this.inside(() => spawn(file, args, { stdio }));
  }

  inside<T>(action: () => T): T {
    return inNamespace(this.network, action);
  }

  async setPort(port: string, state: 'up' | 'down'): Promise<void> {
    await this.ip('link', 'set', port, state);
  }

  async isDown(port: string): Promise<boolean> {
    return (await this.ip('link', 'show', 'dev', port)).includes('state DOWN');
  }

  private async ip(...words: string[]): Promise<string> {
    const done = await execa('ip', ['-n', this.network, ...words], { reject: false });
    if (done.failed) throw new Error(`ip ${words.join(' ')} on the switch of ${this.lan} failed: ${done.stderr}`);
    return done.stdout;
  }
}
