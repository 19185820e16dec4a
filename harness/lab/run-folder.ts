import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isAlive, type Owner, thisProcess } from '../driver/registry.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
export const RUNS = process.env.ONEVIP_RUNS ?? path.join(PROJECT, 'runs');
/** Says whose an unfinished run is; gone when it is over. */
const OWNER_FILE = 'owner.json';
/** What a run is to do. */
export const RECORD_FILE = 'run.json';

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

/** Whether it is written down what the run was to do: from then on it has results. */
export const hasBegun = (folder: string): boolean => existsSync(path.join(folder, RECORD_FILE));

/** The run is over: its results stay. */
export const endRun = (folder: string): void => rmSync(path.join(folder, OWNER_FILE), { force: true });

/** Folders of runs that were not ended and never will be: the process that was to do it is gone. */
export function abandonedRuns(): string[] {
  if (!existsSync(RUNS)) return [];
  return readdirSync(RUNS, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => path.join(RUNS, name))
    .filter((folder) => {
      const file = path.join(folder, OWNER_FILE);
      return existsSync(file) && !isAlive(JSON.parse(readFileSync(file, 'utf8')) as Owner);
    });
}
