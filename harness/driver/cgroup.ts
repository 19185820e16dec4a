import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../clock/until.ts';

/**
 * Control groups (version 2): every process of a node, and whatever it starts, is in the node's group. So a node can be
 * frozen whole, and ended whole, without looking for process ids.
 */

/** Where the version 2 hierarchy is mounted, or undefined where it is not. */
export function findCgroup2(mounts: string = readFileSync('/proc/self/mounts', 'utf8')): string | undefined {
  const line = mounts.split('\n').find((mount) => mount.split(' ')[2] === 'cgroup2');
  return line?.split(' ')[1];
}

function mounted(): string {
  const found = findCgroup2();
  if (!found) throw new Error('no cgroup2 file system is mounted: mount one (mount -t cgroup2 none /sys/fs/cgroup)');
  return found;
}

/** The control group of a lab, or of one node in it. Labs share no group, so that removing one cannot race another. */
export function cgroupPath(lab: string, node?: string): string {
  const group = path.join(mounted(), `onevip-${lab}`);
  return node === undefined ? group : path.join(group, node);
}

/** The group of programs that watch a lab's nodes without being part of them. No node has this name: it has a dot. */
export const WATCHERS = 'lab.watchers';

/** Enters the control group before it becomes the program, so that not even its first child can stay outside. */
const JOIN = 'echo $$ >"$1" && shift && exec "$@"';

/** Words for `sh`: it joins the control group and becomes the command. */
export const joining = (group: string, command: string[]): string[] => [
  '-c',
  JOIN,
  'sh',
  path.join(group, 'cgroup.procs'),
  ...command,
];

/** Begins in the lab's control group, and not at all once that is gone: what a killed maker left running ends with the lab. */
export const amongWatchers = (lab: string, command: string[]): string[] => joining(cgroupPath(lab, WATCHERS), command);

export function makeCgroup(lab: string, node: string): void {
  mkdirSync(cgroupPath(lab, node), { recursive: true });
}

/** Stops every process of the group where it stands, or lets it go on. Settles when the kernel says that it is so. */
export async function setFrozen(group: string, frozen: boolean): Promise<void> {
  writeFileSync(path.join(group, 'cgroup.freeze'), frozen ? '1' : '0');
  await until(() => readFileSync(path.join(group, 'cgroup.events'), 'utf8').includes(`frozen ${frozen ? 1 : 0}`), {
    what: `${group} is ${frozen ? 'frozen' : 'thawed'}`,
    withinMs: 2000,
    everyMs: 1,
  });
}

/** Kills every process of the group at once, frozen ones too, and waits until they are gone. Later ones will not be frozen. */
export async function killCgroup(group: string): Promise<void> {
  await until(() => !existsSync(group) || isEmptied(group), ending(group));
  unlessChanged(() => {
    writeFileSync(path.join(group, 'cgroup.freeze'), '0');
    return true;
  });
}

const ending = (group: string) => ({ what: `every process in ${group} has ended`, withinMs: 5000, everyMs: 2 });

/** One kill may not be enough: a program that was just being started comes into the group by itself, a moment later. */
function emptied(group: string): boolean {
  if (readFileSync(path.join(group, 'cgroup.events'), 'utf8').includes('populated 0')) return true;
  writeFileSync(path.join(group, 'cgroup.kill'), '1');
  return false;
}

/**
 * Ends every process of the lab and removes its groups. A lab without groups is fine: there is nothing to do. So is somebody
 * else who does the same at the same time.
 */
export async function removeCgroups(lab: string): Promise<void> {
  const group = cgroupPath(lab);
  await until(() => !existsSync(group) || removed(group), ending(group));
}

/** The group was filled again, or removed by somebody else, while it was looked at. */
const CHANGED = ['EBUSY', 'ENOENT', 'ENODEV'];

const removed = (group: string): boolean =>
  unlessChanged(() => {
    if (!emptied(group)) return false;
    for (const node of subgroups(group)) rmdirSync(path.join(group, node));
    rmdirSync(group);
    return true;
  });

const isEmptied = (group: string): boolean => unlessChanged(() => emptied(group));

function unlessChanged(look: () => boolean): boolean {
  try {
    return look();
  } catch (error) {
    if (CHANGED.includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** Process ids of a group, main threads only. */
export function processesOf(group: string): number[] {
  return readFileSync(path.join(group, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
}

function subgroups(group: string): string[] {
  return readdirSync(group, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
