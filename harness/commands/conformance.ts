import chalk from 'chalk';
import { proofsText } from '../../reports/proof.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { examine } from '../doctor/probe.ts';
import type { DriverName } from '../driver/registry.ts';
import { collectGarbage } from '../lab/gc.ts';
import { DEFAULT_SETTINGS, type RunSettings } from '../runner/assignment.ts';
import { readCatalogue } from '../runner/catalogue.ts';
import { discoverSuites } from '../runner/discover.ts';
import { checkIds } from '../runner/ids.ts';
import { pruneRuns } from '../runner/past-runs.ts';
import { placesOf, planJobs } from '../runner/select.ts';
import { alone, shardOf, sharingLabs } from '../runner/share.ts';
import { type Job, leftOut } from '../runner/suite.ts';
import { driverHere } from './driver-here.ts';
import { exitCodeOf } from './exit-code.ts';
import { EXIT, UserError } from './problem.ts';
import { reportInterrupted, runSuites } from './run-suites.ts';
import { chosen, isWhole, leftOutOf, selectionOf, whyNothing } from './selection.ts';
import { systemHere } from './system-here.ts';

export interface ConformanceOptions {
  topology?: string;
  jobs?: number;
  list?: boolean;
  /** Run thorough tests, too; so does a run of suites, tests or a topology that are named. */
  thorough?: boolean;
  /** Leave thorough tests out, also of suites or a topology that are named. */
  brief?: boolean;
  /** Run long tests, too. */
  long?: boolean;
  /** Only tests that this fits. */
  grep?: RegExp;
  /** Only tests that did not pass in the last run. */
  lastFailed?: boolean;
  /** This part of so many. */
  shard?: { index: number; of: number };
  repeatEach?: number;
  failFast?: boolean;
  keepLabOnFail?: boolean;
  /** Write captures also where all passed. */
  captures?: boolean;
  /** How many runs are kept on disk. */
  keepRuns?: number;
  /** Of everything random; drawn when absent. */
  seed?: number;
  /** The system under test; ours when absent. */
  system?: string;
  /** By which way the load balancers forward; their own choice when absent. */
  datapath?: string;
  /** What nodes are made of; namespaces when absent. */
  driver?: DriverName;
}

/** Labs at once where nobody says otherwise: most of a suite's time is waiting. */
const USUAL_LANES = { always: 2, most: 3 };
const KEPT_RUNS = 20;

/** `onevip conformance`: runs suites and gives the exit code of the whole. */
export async function conformance(names: string[], options: ConformanceOptions): Promise<void> {
  const suites = chosen(await discoverSuites(), names);
  const catalogue = readCatalogue();
  for (const suite of suites) checkIds(catalogue, suite);
  systemHere(options.system);
  const selection = selectionOf(names, options);
  const planned = planJobs(suites, selection);
  if (planned.length === 0) throw new UserError(whyNothing(options), EXIT.usage);
  // A lab that is kept is left to the user after the first failure in it.
  const share = selection.depth === 'brief' && !options.keepLabOnFail ? sharingLabs : alone;
  const groups = options.shard ? shardOf(share(planned), options.shard) : share(planned);
  if (options.list) return printList(groups.flat());
  await refuseUnfitMachine();
  await driverHere(options.driver);
  const settings = settingsOf(options);
  const { interrupted } = await collectGarbage();
  for (const folder of interrupted) reportInterrupted(folder, catalogue);
  pruneRuns((options.keepRuns ?? KEPT_RUNS) - 1);
  const notRun = isWhole(options)
    ? placesOf(suites, options.topology).flatMap((place) => leftOutOf(place, selection, settings))
    : [];
  const { depth } = selection;
  const lanes = options.jobs === undefined ? USUAL_LANES : { always: options.jobs, most: options.jobs };
  const report = await runSuites({ groups, lanes, leftOut: notRun, depth, settings, catalogue });
  process.stdout.write(terminalReport(report, catalogue, terminal()));
  process.exitCode = exitCodeOf(report);
}

const terminal = () => ({ colour: chalk.level > 0, columns: process.stdout.columns ?? 0 });

function printList(jobs: readonly Job[]): void {
  for (const job of jobs) {
    const { suite, topology, titles } = job;
    console.log(`${chalk.bold(suite.name)} on ${topology}: ${suite.title}`);
    const brief = leftOut(job, 'brief');
    for (const title of titles) {
      const { proves = [], longSeconds } = suite.tests[title] ?? {};
      const long = longSeconds ? ` (long: about ${longSeconds} s, with --long)` : '';
      const thorough = brief.get(title) === 'thorough' ? ' (thorough)' : '';
      console.log(`  ${title}${long}${thorough} ${chalk.dim(proofsText(proves))}`);
    }
  }
}

async function refuseUnfitMachine(): Promise<void> {
  const lacking = (await examine()).filter(({ needed, answer }) => needed && answer === 'no');
  if (lacking.length === 0) return;
  const lines = lacking.map(({ subject, detail, remedy }) => `  ${subject}: ${detail}; would change it: ${remedy}`);
  throw new UserError(`this machine cannot run the suites:\n${lines.join('\n')}`, EXIT.machineUnfit);
}

function settingsOf({
  system = DEFAULT_SETTINGS.system,
  repeatEach = 1,
  failFast,
  keepLabOnFail,
  captures,
  seed,
  datapath,
  driver = DEFAULT_SETTINGS.driver,
}: ConformanceOptions): RunSettings {
  return {
    repeat: repeatEach,
    system,
    driver,
    failFast: failFast === true,
    keepLabOnFail: keepLabOnFail === true,
    captures: captures === true,
    ...(seed !== undefined && { seed }),
    ...(datapath !== undefined && { datapath }),
  };
}
