import { readdirSync } from 'node:fs';
import path from 'node:path';
import { PROJECT } from '../lab/run-folder.ts';
import { leftOut, type Suite } from './suite.ts';

const FOLDER = path.join(PROJECT, 'suites');

/** Every suite of the project, by name. The files are loaded; nothing of them runs. */
export async function discoverSuites(): Promise<Suite[]> {
  const files = readdirSync(FOLDER).filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const load = async (file: string) => (await import(path.join(FOLDER, file))) as { default: Suite };
  return (await Promise.all(files.map(load))).map((module) => module.default);
}

/** The file of a suite, relative to the project. */
export const suiteFile = (name: string): string => path.join('suites', `${name}.ts`);

/** A suite on a topology: what a run is made of. */
export interface Job {
  suite: Suite;
  topology: string;
}

/**
 * The jobs of a run, longest first, with or without long tests. Without a topology each suite runs on its first one, or on all of its own when it
 * says so; with one, only the suites that know it run, on it.
 */
export function planJobs(suites: Suite[], topology?: string, long?: boolean): Job[] {
  const jobs = suites.flatMap((suite) => topologiesOf(suite, topology).map((each) => ({ suite, topology: each })));
  return jobs.sort((one, other) => secondsOf(other.suite, long) - secondsOf(one.suite, long));
}

function secondsOf({ seconds, tests }: Suite, long?: boolean): number {
  const omitted = leftOut(tests, long);
  const added = Object.entries(tests).map(([title, { longSeconds = 0 }]) =>
    omitted.includes(title) ? 0 : longSeconds,
  );
  return added.reduce((sum, more) => sum + more, seconds);
}

function topologiesOf(suite: Suite, wanted: string | undefined): string[] {
  if (wanted !== undefined) return suite.topologies.includes(wanted) ? [wanted] : [];
  return suite.everywhere ? suite.topologies : suite.topologies.slice(0, 1);
}
