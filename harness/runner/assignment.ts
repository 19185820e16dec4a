import { DEFAULT_DRIVER, type DriverName } from '../driver/registry.ts';
import { systemNamed } from '../system/systems.ts';
import { leftOut, type Place, type Suite } from './suite.ts';

/**
 * All that a runner tells the process of a suite: one message, as JSON, which is the process's only argument. A suite that is started
 * alone gives itself one.
 */
export interface Assignment {
  /** Folder of the run's results. Absent: the suite makes a run of its own, and ends it. */
  run?: string;
  topology: string;
  /** The suites to run, one after the other in one lab, each with the titles of its tests, in its own order. */
  parts: { suite: string; titles: string[] }[];
  /** How often each test is run; more than once shows which are flaky. */
  repeat: number;
  /** Of the load balancers under test: the name of the system, and by which way it forwards, where it has several. */
  system: string;
  datapath?: string;
  /** What nodes are made of. */
  driver: DriverName;
  /** Of everything random; drawn when absent. */
  seed?: number;
  /** After a test that failed no other is begun. */
  failFast: boolean;
  /** The frames are written to captures also where all passed. */
  captures: boolean;
  /** The lab of a suite with a test that failed is not taken down. */
  keepLabOnFail: boolean;
}

/** What is the same for every job of a run. */
export type RunSettings = Omit<Assignment, 'topology' | 'parts' | 'run'>;

export const DEFAULT_SETTINGS: RunSettings = {
  repeat: 1,
  system: systemNamed().name,
  driver: DEFAULT_DRIVER,
  failFast: false,
  captures: false,
  keepLabOnFail: false,
};

/** The message that the process was started with; for a suite that was started alone, all its tests but the long ones, on its first topology. */
export function assignmentOf(suite: Suite, words: readonly string[] = process.argv.slice(2)): Assignment {
  const [message] = words;
  if (message !== undefined) return JSON.parse(message) as Assignment;
  const [topology = 'invention'] = suite.topologies;
  return { ...DEFAULT_SETTINGS, topology, parts: [{ suite: suite.name, titles: titlesOf({ suite, topology }) }] };
}

/** What is left of a job's tests when those are taken away that its depth leaves out. */
function titlesOf(place: Place): string[] {
  const omitted = leftOut(place, 'thorough');
  return Object.keys(place.suite.tests).filter((title) => !omitted.has(title));
}
