import path from 'node:path';
import chalk from 'chalk';
import { proofsText } from '../../reports/proof.ts';
import type { NotRun, RunReport } from '../../reports/run-report.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { examine } from '../doctor/probe.ts';
import { collectGarbage } from '../lab/gc.ts';
import { beginRun, endRun, newRunId, PROJECT } from '../lab/run-folder.ts';
import { DEFAULT_SETTINGS, type RunSettings } from '../runner/assignment.ts';
import { type Catalogue, readCatalogue } from '../runner/catalogue.ts';
import { conduct } from '../runner/conduct.ts';
import { discoverSuites } from '../runner/discover.ts';
import { checkIds } from '../runner/ids.ts';
import { lastFailed, pastDurations, pruneRuns, writeDurations } from '../runner/past-runs.ts';
import { recordOf, reportOf, writeRecord } from '../runner/run-record.ts';
import { placesOf, planJobs, type Selection, shardOf } from '../runner/select.ts';
import { type Depth, type Job, jobName, leftOut, type Place, type Suite } from '../runner/suite.ts';
import { commandOf } from '../runner/test-command.ts';
import { pointLatest, writeReports } from '../runner/write-reports.ts';
import { topologyNames } from '../topology/find.ts';
import { exitCodeOf } from './exit-code.ts';
import { EXIT, UserError } from './problem.ts';
import { runConditions } from './run-conditions.ts';
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
}

/** Labs at once on a machine where nobody says otherwise: most of a suite's time is waiting. */
const DEFAULT_JOBS = 3;
const KEPT_RUNS = 20;

/** `onevip conformance`: runs suites and gives the exit code of the whole. */
export async function conformance(names: string[], options: ConformanceOptions): Promise<void> {
  const suites = chosen(await discoverSuites(), names);
  const catalogue = readCatalogue();
  for (const suite of suites) checkIds(catalogue, suite);
  const selection = selectionOf(names, options);
  const planned = planJobs(suites, selection);
  if (planned.length === 0) throw new UserError(whyNothing(options), EXIT.usage);
  const jobs = options.shard ? shardOf(planned, options.shard) : planned;
  if (options.list) return printList(jobs);
  await refuseUnfitMachine();
  systemHere(options.system);
  const settings = settingsOf(options);
  const { interrupted } = await collectGarbage();
  for (const folder of interrupted) reportInterrupted(folder, catalogue);
  pruneRuns((options.keepRuns ?? KEPT_RUNS) - 1);
  const notRun = isWhole(options)
    ? placesOf(suites, options.topology).flatMap((place) => leftOutOf(place, selection, settings))
    : [];
  const report = await runAll({ jobs, leftOut: notRun, depth: selection.depth, options, catalogue });
  process.stdout.write(terminalReport(report, catalogue, terminal()));
  process.exitCode = exitCodeOf(report);
}

const terminal = () => ({ colour: chalk.level > 0, columns: process.stdout.columns ?? 0 });

function selectionOf(names: string[], options: ConformanceOptions): Selection {
  const { grep } = options;
  const topology = knownTopology(options.topology);
  const only = options.lastFailed ? lastFailed() : undefined;
  if (options.lastFailed && only === undefined) throw new UserError('there is no last run in runs/', EXIT.usage);
  const depth = depthOf(names, options);
  return { depth, ...(topology !== undefined && { topology }), ...(grep && { grep }), ...(only && { only }) };
}

/** Whoever names suites, tests or a topology wants to know more of them than a brief run tells. */
function depthOf(names: string[], { brief, thorough, long, topology, grep, lastFailed }: ConformanceOptions): Depth {
  if (long) return 'long';
  if (brief) return 'brief';
  return thorough || names.length > 0 || topology !== undefined || grep || lastFailed ? 'thorough' : 'brief';
}

/** Whether what is left out is left out by the depth alone, and not because others were named. */
const isWhole = ({ grep, lastFailed, shard }: ConformanceOptions): boolean => !grep && !lastFailed && !shard;

function whyNothing({ topology, grep, lastFailed }: ConformanceOptions): string {
  if (lastFailed) return 'nothing failed in the last run';
  if (grep) return `no test fits ${grep.source}; --list shows them all`;
  return `none of these suites runs on ${topology}`;
}

function chosen(suites: Suite[], names: string[]): Suite[] {
  const unknown = names.filter((name) => !suites.some((suite) => suite.name === name));
  if (unknown.length === 0) return names.length === 0 ? suites : suites.filter(({ name }) => names.includes(name));
  const there = suites.map(({ name }) => name).join(', ');
  throw new UserError(`no suite is named ${unknown.join(', ')}; there are ${there}`, EXIT.usage);
}

function knownTopology(name: string | undefined): string | undefined {
  if (name === undefined || topologyNames().includes(name)) return name;
  throw new UserError(`no topology is named ${name}; there are ${topologyNames().join(', ')}`, EXIT.usage);
}

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

/** What a run found that was killed: it says so itself from now on. */
function reportInterrupted(folder: string, catalogue: Catalogue): void {
  const report: RunReport = { ...reportOf([folder], folder), ended: 'interrupted' };
  writeReports(folder, report, catalogue);
  console.log(
    `the run ${path.basename(folder)} was killed; what it had found is in ${path.join(folder, 'report.html')}`,
  );
}

interface Planned {
  jobs: readonly Job[];
  leftOut: NotRun[];
  depth: Depth;
  options: ConformanceOptions;
  catalogue: Catalogue;
}

async function runAll({ jobs, leftOut, depth, options, catalogue }: Planned): Promise<RunReport> {
  const run = beginRun(newRunId(new Date()));
  const began = performance.now();
  const settings = settingsOf(options);
  const record = recordOf(
    {
      id: path.basename(run),
      startedAt: new Date().toISOString(),
      ...(await runConditions(depth, settings)),
      command: `./onevip ${process.argv.slice(2).join(' ')}`,
      notRun: leftOut,
    },
    jobs,
  );
  writeRecord(run, record);
  pointLatest(run);
  const jobsAtOnce = options.jobs ?? DEFAULT_JOBS;
  const { results, notRun, durations, ended } = await conduct(jobs, {
    run,
    settings,
    jobsAtOnce,
    expected: pastDurations(),
  });
  // A suite that crashed may have left its lab.
  await collectGarbage();
  writeRecord(run, { ...record, ...(ended && { ended }) });
  writeDurations(run, durations);
  const { format: _, jobs: __, ...head } = record;
  const report: RunReport = {
    ...head,
    folder: path.relative(PROJECT, run),
    topology: [...new Set(jobs.map(({ topology }) => topology))].join(', '),
    durationMs: performance.now() - began,
    results,
    notRun: [...leftOut, ...notRun],
    ...(ended && { ended }),
  };
  writeReports(run, report, catalogue);
  endRun(run);
  return report;
}

function settingsOf({
  system = DEFAULT_SETTINGS.system,
  repeatEach = 1,
  failFast,
  keepLabOnFail,
  captures,
  seed,
  datapath,
}: ConformanceOptions): RunSettings {
  return {
    repeat: repeatEach,
    system,
    failFast: failFast === true,
    keepLabOnFail: keepLabOnFail === true,
    captures: captures === true,
    ...(seed !== undefined && { seed }),
    ...(datapath !== undefined && { datapath }),
  };
}

function leftOutOf(place: Place, { depth }: Selection, settings: RunSettings): NotRun[] {
  const { suite, topology } = place;
  return [...leftOut(place, depth)].map(([title, why]) => ({
    suite: jobName(place),
    title,
    proves: suite.tests[title]?.proves ?? [],
    because: why === 'long' ? `long: takes about ${suite.tests[title]?.longSeconds} s` : 'thorough',
    runIt: commandOf({ suite: suite.name, topology, ...(why === 'long' && { long: true }) }, settings),
  }));
}
