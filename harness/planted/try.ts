import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import { jobName, type Suite } from '../runner/suite.ts';
import type { PlantedBug } from './bug.ts';
import type { ConformanceRuns } from './conformance.ts';
import { plantInCopy, removeCopy } from './copy.ts';
import { jobsThatProve } from './suites.ts';
import { type BugVerdict, judgeBug } from './verdict.ts';

/** What became of one planted bug. */
export interface Tried extends BugVerdict {
  bug: PlantedBug;
  /** The suites that ran, in order; the last one caught it, if any did. */
  ran: string[];
  /** From the making of the copy to the verdict. */
  seconds: number;
  /** Histories and captures of a bug that was not caught. */
  results?: string;
}

export interface TryParts {
  suites: Suite[];
  runs: ConformanceRuns;
  /** Of the whole: each bug has a folder of its own in it. */
  folder: string;
  isInterrupted(): boolean;
  /** The suite that begins. */
  began(bug: PlantedBug, suite: string): void;
}

/**
 * Makes a copy with the bug, and runs in it one suite after the other of those that prove the requirement, until one fails on it. The
 * copy is removed in any case, the results once they have shown the bug.
 */
export async function tryBug(bug: PlantedBug, parts: TryParts): Promise<Tried> {
  const began = performance.now();
  const folder = path.join(parts.folder, bug.name);
  const copy = path.join(folder, 'copy');
  mkdirSync(copy, { recursive: true });
  const ran: string[] = [];
  const ended = (verdict: BugVerdict): Tried => {
    const seconds = (performance.now() - began) / 1000;
    if (verdict.verdict !== 'caught') return { bug, ...verdict, ran, seconds, results: folder };
    rmSync(folder, { recursive: true });
    return { bug, ...verdict, ran, seconds };
  };
  try {
    plantInCopy(bug, copy);
    return ended(await runUntilCaught(bug, parts, copy, ran));
  } catch (error) {
    return ended({ verdict: 'not run', by: [], note: error instanceof Error ? error.message : String(error) });
  } finally {
    removeCopy(copy);
  }
}

const INTERRUPTED: BugVerdict = { verdict: 'not run', by: [], note: 'interrupted' };

async function runUntilCaught(bug: PlantedBug, parts: TryParts, copy: string, ran: string[]): Promise<BugVerdict> {
  const results: TestResult[] = [];
  for (const job of jobsThatProve(parts.suites, bug.breaks, bug.in)) {
    if (parts.isInterrupted()) return INTERRUPTED;
    parts.began(bug, jobName(job));
    ran.push(jobName(job));
    const report = await parts.runs.run(copy, path.join(parts.folder, bug.name, jobName(job)), job, bug.in);
    results.push(...report.results);
    if (judgeBug(results, bug.breaks).verdict === 'caught') break;
  }
  if (parts.isInterrupted()) return INTERRUPTED;
  return judgeBug(results, bug.breaks);
}
