import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { cgroupPath } from '../cgroup.ts';
import { labFolder, STATE_ROOT } from '../registry.ts';
import { containersOf } from './containers.ts';
import { openEngine } from './engine.ts';

/** For tests: how much there is of a lab of containers. */
export async function remainsOf(lab: string) {
  const containers = await containersOf(await openEngine(), { register: STATE_ROOT });
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  return {
    containers: containers.filter((found) => found.lab === lab).length,
    namespaces: readdirSync('/run/netns').filter((name) => name.startsWith(`ov-${lab}.`)).length,
    groups: [cgroupPath(lab)].filter(existsSync).length,
    mounts: mounts.filter((line) => line.includes(` ${labFolder(lab)}/`)).length,
    folders: [labFolder(lab)].filter(existsSync).length,
  };
}

export const NOTHING = { containers: 0, namespaces: 0, groups: 0, mounts: 0, folders: 0 };
