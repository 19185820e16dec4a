import { randomBytes } from 'node:crypto';
import path from 'node:path';
import type { Suite } from './suite.ts';

export const PROJECT = path.resolve(import.meta.dirname, '../..');
const RUNS = path.join(PROJECT, 'runs');

export interface RunFolder {
  /** Folder of the whole run. */
  run: string;
  /** Folder of this suite on this topology, in it. */
  folder: string;
}

/** An id that sorts by time and meets no other: `20261123-041500-3f2a`. */
export function newRunId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  return `${stamp}-${randomBytes(2).toString('hex')}`;
}

/** The folder of a run's results; nothing is made yet. */
export const runFolder = (id: string): string => path.join(RUNS, id);

/** Where a suite writes: in the run's folder that `ONEVIP_RUN` names, or in that of a run of its own. */
export function runFolderFor(suite: Suite, topology: string): RunFolder {
  const run = process.env.ONEVIP_RUN ?? runFolder(newRunId(new Date()));
  return { run, folder: path.join(run, `${suite.name}@${topology}`) };
}
