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
  /** Where the run's folder lies, as somebody types it who stands in the project's. */
  folder: string;
  /** The system under test. */
  system: { name: string; version: string };
  /** How the system was told to forward, `auto` where it chooses itself; what it did is in the results. */
  datapath: string;
  /** What the labs' nodes were made of; absent in runs of the time when there was but one kind. */
  driver?: string;
  depth: Depth;
  /** Of the project; absent where it is no checkout. Clean: nothing differed from that commit, and nothing was added. */
  commit?: { id: string; clean: boolean };
  /** By name, of whatever a verdict may hang on: `{ kernel: '6.18.0', nft: '1.0.6' }`. */
  versions: Record<string, string>;
  machine: Machine;
  topology: string;
  /** The command line of the run. */
  command: string;
  results: TestResult[];
  /** Why it ended before all was run. */
  ended?: 'interrupted' | 'after the first failure';
  /** Tests of these suites that the run left out. They say nothing of their requirements, neither good nor bad. */
  notRun: NotRun[];
}

/** How much was to be proved: every requirement, each of its aspects once; in every way; in those that take minutes, too. */
export type Depth = 'brief' | 'thorough' | 'long';

export interface Machine {
  cores: number;
  memoryBytes: number;
  /** The processor's model, as it names itself. */
  cpu: string;
}

export interface NotRun {
  suite: string;
  title: string;
  /** As of `TestResult`. */
  proves: string[];
  /** `long: takes about 65 s` */
  because: string;
  /** The command that runs it. */
  runIt: string;
}

export interface TestResult {
  /** What was judged of a lab that suites shared names each of them: `arp, paths`. */
  suite: string;
  /** The promise, in words. */
  title: string;
  /** What the test proves: a requirement (`ADDR-1`), or one aspect of it (`HA-12 forged`). */
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
  /** By which ways the load balancers of its lab forwarded, where they told; of what is judged of a whole lab. */
  forwardedBy?: string[];
  /** What of it the suite broke on purpose, and was not judged: when, where and why. */
  brokenOnPurpose?: string[];
  /** Seed of everything random in the test. */
  seed?: string;
  /** The command that runs this test alone. */
  runAgain: string;
  /** The history, the captures, the logs: paths from the run's folder, in which the reports lie. */
  files: string[];
}

export interface CheckResult {
  name: string;
  verdict: Verdict;
  because: string;
  /** One line for each fact: a packet, an address event, a line of a log. */
  evidence: string[];
}
