import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import pidusage from 'pidusage';
import { until } from '../clock/until.ts';
import type { LegPlan, NodePlan } from '../topology/plan.ts';
import { amongWatchers, cgroupPath, joining, killCgroup, processesOf, setFrozen } from './cgroup.ts';
import type { Cable, MadeLab, Membership, NodeHandle, NodeProcess, Stall, Usage } from './driver.ts';
import { HostProcess } from './host-process.ts';
import { inNamespace } from './namespace.ts';
import { preparePowerLoss } from './power-loss.ts';
import { stallCommand } from './stall.ts';
import { makeLegAnew } from './wire.ts';

/** What encloses the processes of a node, besides its network namespace. */
export interface Enclosure {
  /** The control group (version 2) that all of them are in. */
  group(): string;
  /** All of them, by their ids on this machine. */
  processes(): number[];
  /** The words that become the command, once it is in the node's network and control group. */
  words(command: string[]): string[];
  /** Runs something synchronous so that the children that it makes are born inside. */
  bear<T>(make: () => T): T;
  /** Kills every process; afterwards there is room for others. */
  killAll(): Promise<void>;
}

/** Nothing but a control group of its own. */
export function inControlGroup(lab: string, node: string): Enclosure {
  const group = () => cgroupPath(lab, node);
  const processes = () => processesOf(group());
  return { group, processes, words: (command) => command, bear: (make) => make(), killAll: () => killCgroup(group()) };
}

/** Of a process, in hundredths of a core; undefined once it has ended. */
async function cpuOf(pid: number): Promise<number | undefined> {
  try {
    return (await pidusage(pid)).cpu;
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

/** Of a process, in bytes: its pages, and of those that it shares its part (proc(5)); 0 once it has ended. */
function memoryOf(pid: number): number {
  try {
    return 1024 * Number(/^Pss: +(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** A node on the kernel of this machine: a network namespace that belongs to the lab, and what encloses its processes. */
export class HostNode implements NodeHandle {
  readonly network: string;
  private readonly lab: MadeLab;
  private readonly plan: NodePlan;
  private readonly enclosure: Enclosure;

  constructor(lab: MadeLab, plan: NodePlan, netns: string, enclosure: Enclosure) {
    this.lab = lab;
    this.plan = plan;
    this.network = netns;
    this.enclosure = enclosure;
  }

  begin<T>(command: string[], start: (file: string, args: string[]) => T, as: Membership = 'node'): T {
    if (as === 'watcher') return this.inside(() => start('sh', amongWatchers(this.lab.name, command)));
    const { enclosure } = this;
    const words = joining(enclosure.group(), enclosure.words(command));
    return this.inside(() => enclosure.bear(() => start('sh', words)));
  }

  get pressureFile(): string | undefined {
    const file = path.join(this.enclosure.group(), 'cpu.pressure');
    return existsSync(file) ? file : undefined;
  }

  inside<T>(action: () => T): T {
    return inNamespace(this.network, action);
  }

  process(pid: number): NodeProcess {
    return new HostProcess(pid, this.enclosure.group);
  }

  processes(): NodeProcess[] {
    return this.enclosure.processes().map((pid) => this.process(pid));
  }

  async usage(): Promise<Usage> {
    const pids = this.enclosure.processes();
    const used = (await Promise.all(pids.map(cpuOf))).filter((cpu) => cpu !== undefined);
    const cpuPercent = used.reduce((sum, cpu) => sum + cpu, 0);
    return { processes: used.length, cpuPercent, memoryBytes: pids.reduce((sum, pid) => sum + memoryOf(pid), 0) };
  }

  freeze = (): Promise<void> => setFrozen(this.enclosure.group(), true);
  thaw = (): Promise<void> => setFrozen(this.enclosure.group(), false);
  killAll = (): Promise<void> => this.enclosure.killAll();

  /** What holds it up ends with the lab, should that be taken down meanwhile. */
  async stall(how: Stall, processes: readonly NodeProcess[], ms: number): Promise<void> {
    const pids = processes.map(({ id }) => id);
    const command = stallCommand(how, this.enclosure.group(), pids, ms);
    const child = this.begin(
      command,
      (file, args) => spawn(file, args, { stdio: ['ignore', 'inherit', 'inherit'] }),
      'watcher',
    );
    const [exitCode] = await once(child, 'exit');
    if (exitCode !== 0) throw new Error(`${this.plan.name} could not be held up (${how}): exit status ${exitCode}`);
  }

  async preparePowerLoss(cables: readonly Cable[]): Promise<() => Promise<void>> {
    const losePower = await preparePowerLoss(this.enclosure.group(), cables);
    const isDead = ({ segment, port }: Cable) =>
      until(() => segment.isDown(port), { what: `the cable ${port} is dead`, withinMs: 2000 });
    return async () => {
      losePower();
      await this.freeze();
      await Promise.all(cables.map(isDead));
    };
  }

  makeLegAnew = (leg: LegPlan, mac: LegPlan['mac']): Promise<void> => makeLegAnew(this.lab, this.plan, leg, mac);
}
