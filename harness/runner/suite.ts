import path from 'node:path';
import type { SuiteTest } from '../act/suite-test.ts';
import type { Wishes } from '../system/system.ts';

export interface SuiteOptions {
  /** Topologies that the suite runs on; the first one unless another is asked for. */
  topologies: string[];
  /** On all of them in a conformance run, not only on the first. */
  everywhere?: boolean;
  /** All its tests are thorough; `elsewhere`: on every topology but its first. */
  thorough?: true | 'elsewhere';
  /** About how long it takes, in seconds: the longest suites start first. */
  seconds: number;
  /** Two where their number does not matter: each takes some of the processors that labs share. Three when absent. */
  servers?: number;
  /** Of the pair in the suite's lab. */
  pair?: Wishes;
  /** The pair's own timing instead of the patient one of labs that share a machine. */
  pace?: 'default';
  /** The load balancers' wall clocks can be stepped. */
  ownClocks?: boolean;
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

/** `ONEVIP_DEPTH`, which `conformance` sets; a suite that is started alone is thorough. */
function depthWanted(): Depth {
  const asked = process.env.ONEVIP_DEPTH ?? 'thorough';
  if (asked === 'brief' || asked === 'thorough' || asked === 'long') return asked;
  throw new Error(`ONEVIP_DEPTH is "${asked}"; it must be brief, thorough or long`);
}

/** A suite on a topology: what a run is made of. */
export interface Job {
  suite: Suite;
  topology: string;
}

/** What a job is called in reports. */
export const jobName = ({ suite, topology }: Job): string =>
  topology === suite.topologies[0] ? suite.name : `${suite.name}@${topology}`;

/** Where a job's results lie in the folder of its run. */
export const jobFolder = (run: string, { suite, topology }: Job): string => path.join(run, `${suite.name}@${topology}`);

/** The titles of the tests that a run of that depth leaves out, each with the reason. */
export function leftOut({ suite, topology }: Job, depth = depthWanted()): Map<string, 'long' | 'thorough'> {
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
