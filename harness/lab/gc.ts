import { rmSync, statSync } from 'node:fs';
import { driverNamed, driverNames } from '../driver/drivers.ts';
import { forget, isAlive, type LabState, labFolder, list, thisProcess } from '../driver/registry.ts';
import { abandonedRuns, endRun, hasBegun } from './run-folder.ts';

/** A folder without a state may be about to get one; after this long it never will. */
const ABANDONED_AFTER_MS = 5000;

export interface Collected {
  /** Labs removed whole. */
  labs: string[];
  /** Folders of runs that ended before they had begun. */
  runFolders: string[];
  /** Folders of runs that were killed: what they found is kept. */
  interrupted: string[];
}

/** Labs whose maker died before it had taken them down, or handed them over. */
export const orphans = (): LabState[] => list().labs.filter(({ owner }) => owner !== undefined && !isAlive(owner));

/** Removes every orphan: its processes, namespaces, mounts and files; and unfinished results. What belongs to the living is not touched. */
export async function collectGarbage(): Promise<Collected> {
  const found = orphans();
  const [interrupted, runFolders] = partition(abandonedRuns(), hasBegun);
  for (const lab of found) await unmake(lab);
  const strays = await removeStrays();
  for (const folder of runFolders) rmSync(folder, { recursive: true, force: true });
  for (const folder of interrupted) endRun(folder);
  for (const name of list().broken.filter(isAbandoned)) forget(name);
  return { labs: [...found.map(({ name }) => name), ...strays], runFolders, interrupted };
}

function partition<T>(all: readonly T[], is: (each: T) => boolean): [T[], T[]] {
  return [all.filter(is), all.filter((each) => !is(each))];
}

/** Takes down every lab that this process has made and not handed over: what an interrupt leaves to do. */
export async function removeOwnLabs(): Promise<void> {
  const self = thisProcess();
  const own = list().labs.filter(({ owner }) => owner?.pid === self.pid && owner.startedTicks === self.startedTicks);
  for (const lab of own) await unmake(lab);
}

/** What drivers know of that the register does not. */
async function removeStrays(): Promise<string[]> {
  const names = await Promise.all(driverNames.map((name) => driverNamed(name).removeStrays?.() ?? []));
  return names.flat();
}

/** Removes the lab by the driver that made it. */
const unmake = (lab: LabState): Promise<void> => driverNamed(lab.driver).unmake(lab);

const isAbandoned = (name: string): boolean => Date.now() - statSync(labFolder(name)).mtimeMs > ABANDONED_AFTER_MS;
