import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';

/** What the report itself says, and better. */
const LEFT_OUT = ['verdicts.json'];

/**
 * The results of a job, each with every file that its folder holds by now (history, captures, TAP, logs), as paths from the run's
 * folder: in which the reports lie, so that a link to a file is that path.
 */
export function withFiles(results: readonly TestResult[], folder: string): TestResult[] {
  const files = filesIn(folder).map((file) => path.join(path.basename(folder), file));
  return results.map((result) => ({ ...result, files }));
}

function filesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const files = entries.map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)));
  return files.filter((file) => !LEFT_OUT.includes(file)).toSorted(shallowFirst);
}

const depthOf = (file: string): number => file.split(path.sep).length;

const shallowFirst = (one: string, other: string): number => depthOf(one) - depthOf(other) || one.localeCompare(other);
