import path from 'node:path';
import type { SuiteTest } from '../act/suite-test.ts';
import type { Capability } from '../system/capability.ts';
import type { PairOptions } from '../system/system.ts';

export interface SuiteOptions {
  /** Topologies that the suite runs on; the first one unless another is asked for. */
  topologies: string[];
  /** On all of them in a conformance run, not only on the first. */
  everywhere?: boolean;
  /** All its tests are thorough; `elsewhere`: on every topology but its first. */
  thorough?: true | 'elsewhere';
  /** About how long it takes, in seconds: the longest suites start first. */
  seconds: number;
  /** Its pair and its traffic keep two processors busy: it runs while no other lab does. */
  alone?: true;
  /** Two where their number does not matter: each takes some of the processors that labs share. Three when absent. */
  servers?: number;
  /** What each of its tests needs of the system under test; what `pair` asks for needs no word here. */
  needs?: readonly Capability[];
  /** Of the pair in the suite's lab. */
  pair?: PairOptions;
  /** The pair's own timing instead of the patient one of labs that share a machine. */
  pace?: 'default';
  /** The load balancers' wall clocks can be stepped. */
  ownClocks?: boolean;
  /** Where several suites share a lab: `first`, where a test is about its beginning; `last`, where they leave it other than the plan says. */
  inSharedLab?: 'first' | 'last';
}

export interface Suite extends SuiteOptions {
  /** The file's name without its ending: `arp`. */
  name: string;
  /** What it is about, in words. */
  title: string;
  tests: Record<string, SuiteTest>;
}

/**
 * How much a run proves. `brief`: each aspect of every requirement that is tested at all, once. `thorough`: in every way that takes
 * no minute itself. `long`: in every way.
 */
export type Depth = 'brief' | 'thorough' | 'long';

/** A suite on a topology. */
export interface Place {
  suite: Suite;
  topology: string;
}

/** What a run is made of: tests of a suite, on a topology. */
export interface Job extends Place {
  titles: string[];
}

/** Jobs of one process, in one lab after another only where they must: most are alone, and some share a lab. All are on the same topology. */
export type Group = readonly [Job, ...Job[]];

/** What a job is called in reports. */
export const jobName = ({ suite, topology }: Place): string =>
  topology === suite.topologies[0] ? suite.name : `${suite.name}@${topology}`;

/** What jobs are called together. */
export const groupName = (group: readonly Place[]): string => group.map(jobName).join(', ');

/** Where the results of a group lie in the folder of its run: `arp@invention`; `lab-of-arp@invention` where others share the lab. */
export const groupFolder = (run: string, [{ suite, topology }, ...others]: Group): string =>
  path.join(run, `${others.length === 0 ? '' : 'lab-of-'}${suite.name}@${topology}`);

/** The titles of the tests that a run of that depth leaves out, each with the reason. */
export function leftOut({ suite, topology }: Place, depth: Depth): Map<string, 'long' | 'thorough'> {
  const { thorough, topologies, tests } = suite;
  const whole = thorough === true || (thorough === 'elsewhere' && topology !== topologies[0]);
  const reason = (test: SuiteTest) => {
    if (test.longSeconds && depth !== 'long') return 'long';
    return depth === 'brief' && (whole || test.thorough) ? 'thorough' : undefined;
  };
  return new Map(
    Object.entries(tests).flatMap(([title, test]) => {
      const why = reason(test);
      return why ? [[title, why] as const] : [];
    }),
  );
}

/**
 * Declares a suite; awaited, the file's default export. When the file is the program that was started, the suite runs, in a lab of
 * its own, and prints TAP.
 */
export function suite(
  meta: ImportMeta,
  title: string,
  options: SuiteOptions,
  tests: Record<string, SuiteTest>,
): Promise<Suite> {
  const name = meta.filename.replace(/^.*\//, '').replace(/\.ts$/, '');
  const declared: Suite = { name, title, tests, ...options };
  return meta.main ? import('./run.ts').then(({ runSuite }) => runSuite(declared)) : Promise.resolve(declared);
}
