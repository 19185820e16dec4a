/**
 * What one run of the suites found: plain data, so that it can be stored as JSON and shown again in any form.
 * `unknown` is no success: nothing was observed that could have shown a failure.
 */
export type Verdict = 'pass' | 'fail' | 'unknown' | 'skip';

export interface RunReport {
  id: string;
  /** ISO 8601, UTC. */
  startedAt: string;
  durationMs: number;
  machine: { kernel: string; cores: number; node: string };
  /** What was tested. */
  system: { name: string; version: string };
  topology: string;
  /** The command line of the run. */
  command: string;
  results: TestResult[];
  /** Why it ended before all was run. */
  ended?: 'interrupted' | 'after the first failure';
  /** Tests of these suites that the run left out. They say nothing of their requirements, neither good nor bad. */
  notRun: NotRun[];
}

export interface NotRun {
  suite: string;
  title: string;
  proves: string[];
  /** `long: takes about 65 s` */
  because: string;
  /** The command that runs it. */
  runIt: string;
}

export interface TestResult {
  suite: string;
  /** The promise, in words. */
  title: string;
  /** Ids of the requirements that the test proves. */
  proves: string[];
  verdict: Verdict;
  because: string;
  checks: CheckResult[];
  durationMs: number;
  /** Name of its lab, where that was left as it was when the test failed. */
  keptLab?: string;
  /** Which of several runs of it this is, from 1 on. */
  round?: number;
  /** Whether it is judged in every suite, over the whole of what was seen there. */
  always?: true;
  /** What of it the suite broke on purpose, and was not judged: when, where and why. */
  brokenOnPurpose?: string[];
  /** Seed of everything random in the test. */
  seed?: string;
  /** The command that runs this test alone. */
  runAgain: string;
  /** The history and the captures, as paths relative to the run's folder. */
  files: string[];
}

export interface CheckResult {
  name: string;
  verdict: Verdict;
  because: string;
  /** One line for each fact: a packet, an address event, a line of a log. */
  evidence: string[];
}
