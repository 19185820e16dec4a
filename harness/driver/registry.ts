import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Plan } from '../topology/plan.ts';

/**
 * What labs there are, on disk: one folder for each, made before anything else of the lab and removed after everything
 * else. So whatever a killed harness leaves is found again from here, without the topology file.
 */

/** A process, told apart from a later one that got the same id by the instant it started (in clock ticks after boot). */
export interface Owner {
  pid: number;
  startedTicks: string;
}

export type DriverName = 'netns' | 'docker';

/** Where nobody names one. */
export const DEFAULT_DRIVER: DriverName = 'netns';

export interface LabState {
  name: string;
  /** Name of the system under test, or `none`. */
  system: string;
  driver: DriverName;
  plan: Plan;
  /** Nodes whose containers somebody else makes: the lab has but the network for them. */
  guests?: string[];
  /** ISO 8601. */
  madeAt: string;
  /** The process without which the lab is an orphan; absent once a lab was handed to the user by `up`. */
  owner?: Owner;
}

/** Folder of the register, and of everything that labs keep. */
export const STATE_ROOT = process.env.ONEVIP_STATE ?? '/run/onevip';

/** The lab's own folder: state, configurations, logs, sockets, and the BPF file system with its pins. */
export const labFolder = (name: string): string => path.join(STATE_ROOT, name);
/** Where a lab's BPF objects are pinned: a BPF file system of its own, so that one unmount lets all of them go. */
export const bpfFolder = (lab: string): string => path.join(labFolder(lab), 'bpf');
const stateFile = (name: string): string => path.join(labFolder(name), 'lab.json');

export class NameTaken extends Error {
  override name = 'NameTaken';
}

/**
 * Takes the lab's name and writes its first state. Making the folder is the one atomic step that decides who has the name.
 * @throws NameTaken when a lab of that name exists.
 */
export function register(state: LabState): void {
  mkdirSync(STATE_ROOT, { recursive: true });
  try {
    mkdirSync(labFolder(state.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new NameTaken(
      `a lab named ${state.name} exists: choose another name, or remove it (onevip down ${state.name})`,
    );
  }
  save(state);
}

/** Replaces the lab's state, whole or not at all. */
export function save(state: LabState): void {
  const fresh = `${stateFile(state.name)}.new`;
  writeFileSync(fresh, JSON.stringify(state));
  renameSync(fresh, stateFile(state.name));
}

export function forget(name: string): void {
  rmSync(labFolder(name), { recursive: true, force: true });
}

/** The lab's state, or undefined when there is none of that name. */
export function find(name: string): LabState | undefined {
  try {
    return JSON.parse(readFileSync(stateFile(name), 'utf8')) as LabState;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Every lab, by name. `broken` are folders whose maker was killed before it wrote a state: they hold nothing else. */
export function list(): { labs: LabState[]; broken: string[] } {
  const labs: LabState[] = [];
  const broken: string[] = [];
  for (const name of folders()) {
    const state = find(name);
    if (state) labs.push(state);
    else broken.push(name);
  }
  return { labs, broken };
}

function folders(): string[] {
  try {
    return readdirSync(STATE_ROOT).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** This process, as an owner. */
export function thisProcess(): Owner {
  const startedTicks = startTicks(process.pid);
  if (startedTicks === undefined) throw new Error('cannot read /proc/self/stat: is /proc mounted?');
  return { pid: process.pid, startedTicks };
}

/** Whether the owner still runs. */
export const isAlive = (owner: Owner): boolean => startTicks(owner.pid) === owner.startedTicks;

/** Field 22 of /proc/PID/stat (proc(5)); the command, field 2, may hold spaces and parentheses. Zombies do not count. */
function startTicks(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
