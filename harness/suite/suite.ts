import type { Checker } from '../check/verdict.ts';
import type { Wishes } from '../system/system.ts';
import type { Scene } from './scene.ts';

/** What a test claims, each claim in words with the checker that judges it. */
export type Claims = Record<string, Checker>;

export interface SuiteTest {
  /** Ids of the catalogue. */
  proves: string[];
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
}

export interface Suite extends SuiteOptions {
  /** The file's name without its ending: `arp`. */
  name: string;
  /** What it is about, in words. */
  title: string;
  tests: Record<string, SuiteTest>;
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
