import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import { type Depth, type Job, leftOut, type Suite } from './suite.ts';

const FOLDER = path.join(PROJECT, 'suites');

/** Every suite of the project, by name. The files are loaded; nothing of them runs. */
export async function discoverSuites(): Promise<Suite[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const load = async (file: string) => (await import(path.join(FOLDER, file))) as { default: Suite };
  return (await Promise.all(files.map(load))).map((module) => module.default);
}

/** The file of a suite, relative to the project. */
export const suiteFile = (name: string): string => path.join('suites', `${name}.ts`);

/**
 * The jobs of a run, longest first. Without a topology each suite runs on its first one, or on all of its own when it says so;
 * with one, only the suites that know it run, on it. A job of which the depth leaves nothing is among them, as the last.
 */
export function planJobs(suites: Suite[], topology?: string, depth?: Depth): Job[] {
  const jobs = suites.flatMap((suite) => topologiesOf(suite, topology).map((each) => ({ suite, topology: each })));
  return jobs.sort((one, other) => expectedSeconds(other, depth) - expectedSeconds(one, depth));
}

/** To bring up a lab and take it down, on two cores that others use, too. */
const LAB_SECONDS = 4;

/** A suite says how long its lab and its tests take that are not long; the latter count as if all took the same. */
export function expectedSeconds(job: Job, depth?: Depth): number {
  const omitted = leftOut(job, depth);
  const tests = Object.entries(job.suite.tests);
  const usual = tests.filter(([, { longSeconds }]) => !longSeconds);
  const kept = usual.filter(([title]) => !omitted.has(title)).length / Math.max(1, usual.length);
  const added = tests.map(([title, { longSeconds = 0 }]) => (omitted.has(title) ? 0 : longSeconds));
  return added.reduce((sum, more) => sum + more, LAB_SECONDS + (job.suite.seconds - LAB_SECONDS) * kept);
}

/** Whether the depth leaves anything of the job to run. */
export const hasWork = (job: Job, depth?: Depth): boolean =>
  leftOut(job, depth).size < Object.keys(job.suite.tests).length;

function topologiesOf(suite: Suite, wanted: string | undefined): string[] {
  if (wanted !== undefined) return suite.topologies.includes(wanted) ? [wanted] : [];
  return suite.everywhere ? suite.topologies : suite.topologies.slice(0, 1);
}
