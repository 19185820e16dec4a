import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive, type Owner, thisProcess } from '../driver/registry.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
const RUNS = process.env.ONEVIP_RUNS ?? path.join(PROJECT, 'runs');
/** Says whose an unfinished run is; gone when it is over. */
const OWNER_FILE = 'owner.json';

/** An id that sorts by time and meets no other: `20261123-041500-3f2a`. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

/** Makes the folder of a run's results, owned by this process until `endRun`. */
export function beginRun(id: string): string {
  const folder = path.join(RUNS, id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, OWNER_FILE), JSON.stringify(thisProcess()));
  return folder;
}

/** The folder of a run that was begun once; undefined where there is none. `latest` is the last that wrote reports. */
export function folderOfRun(id: string): string | undefined {
  const folder = path.resolve(RUNS, id);
  return existsSync(folder) ? folder : undefined;
}

/** The ids of all runs, the earliest first. */
export const runIds = (): string[] =>
  existsSync(RUNS)
    ? readdirSync(RUNS)
        .filter((id) => /^\d{8}-/.test(id))
        .toSorted()
    : [];

/** The run is over: its results stay. */
export const endRun = (folder: string): void => rmSync(path.join(folder, OWNER_FILE), { force: true });

/** Folders of runs that were not ended and never will be: the process that was to do it is gone. */
export function abandonedRuns(): string[] {
  if (!existsSync(RUNS)) return [];
  return readdirSync(RUNS)
    .map((id) => path.join(RUNS, id))
    .filter((folder) => {
      const file = path.join(folder, OWNER_FILE);
      return existsSync(file) && !isAlive(JSON.parse(readFileSync(file, 'utf8')) as Owner);
    });
}
