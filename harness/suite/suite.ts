import type { Checker } from '../check/verdict.ts';
import type { Wishes } from '../system/system.ts';
import type { Scene } from './scene.ts';

/** What a test claims, each claim in words with the checker that judges it. */
export type Claims = Record<string, Checker>;

export interface SuiteTest {
  /** Ids of the catalogue. */
  proves: string[];
  /** Whether anything in it is random: its seed is then shown with its verdict. */
  random?: boolean;
  /** About how long it takes, in seconds, where that is too long for a run that was not asked for long tests. */
  longSeconds?: number;
  /** Acts on the lab, waits for what should follow, and gives the claims to be judged. Never sleeps for a fixed time. */
  run(scene: Scene): Promise<Claims>;
}

export interface SuiteOptions {
  /** Topologies that the suite runs on; the first one unless another is asked for. */
  topologies: string[];
  /** On all of them in a conformance run, not only on the first. */
  everywhere?: boolean;
  /** About how long it takes, in seconds: the longest suites start first. */
  seconds: number;
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

/** Whether long tests are wanted: `ONEVIP_LONG=1`, which `conformance --long` sets. */
const longWanted = (): boolean => process.env.ONEVIP_LONG === '1';

/** The titles of the tests that a run leaves out: the long ones, where they are not wanted. */
export function leftOut(tests: Record<string, SuiteTest>, long = longWanted()): string[] {
  return Object.entries(tests).flatMap(([title, { longSeconds }]) => (longSeconds && !long ? [title] : []));
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
