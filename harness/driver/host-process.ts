import { readFileSync } from 'node:fs';
import { execa } from 'execa';
import { processesOf } from './cgroup.ts';
import type { NodeProcess } from './driver.ts';

/** A process of a node, by its id on this machine: every driver's nodes run on the kernel that the harness runs on. */
export class HostProcess implements NodeProcess {
  readonly id: number;
  /** The control group of its node. */
  private readonly group: () => string;

  constructor(id: number, group: () => string) {
    this.id = id;
    this.group = group;
  }

  isRunning(): boolean {
    return processesOf(this.group()).includes(this.id);
  }

  signal(name: NodeJS.Signals): void {
    process.kill(this.id, name);
  }

  program(): string {
    return this.read('comm').trim();
  }

  commandLine(): string {
    return this.read('cmdline').replaceAll('\0', ' ').trim();
  }

  private read(name: 'comm' | 'cmdline'): string {
    try {
      return readFileSync(`/proc/${this.id}/${name}`, 'utf8');
    } catch {
      return '';
    }
  }

  async limitFiles(count: number): Promise<() => Promise<void>> {
    const pid = String(this.id);
    const shown = ['--nofile', '--raw', '--noheadings', '-o', 'SOFT'];
    const limit = (files: string) => execa('prlimit', ['--pid', pid, `--nofile=${files}:`]);
    const { stdout: before } = await execa('prlimit', ['--pid', pid, ...shown]);
    await limit(String(count));
    return async () => void (await limit(before.trim()));
  }
}
