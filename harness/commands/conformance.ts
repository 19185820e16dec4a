import { rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import chalk from 'chalk';
import { htmlReport } from '../../reports/html.ts';
import { jsonReport } from '../../reports/json.ts';
import { junitReport } from '../../reports/junit.ts';
import { markdownReport } from '../../reports/markdown.ts';
import type { NotRun, RunReport, TestResult } from '../../reports/run-report.ts';
import { terminalReport } from '../../reports/terminal.ts';
import { examine, machine } from '../doctor/probe.ts';
import { collectGarbage } from '../lab/gc.ts';
import { beginRun, endRun, newRunId } from '../lab/run-folder.ts';
import { type Catalogue, readCatalogue } from '../runner/catalogue.ts';
import { discoverSuites, hasWork, planJobs } from '../runner/discover.ts';
import { checkIds } from '../runner/ids.ts';
import { runJob } from '../runner/job.ts';
import { type Depth, type Job, jobName, leftOut, type Suite } from '../runner/suite.ts';
import { topologyNames } from '../topology/find.ts';
import { EXIT, UserError } from './problem.ts';

export interface ConformanceOptions {
  topology?: string;
  jobs?: number;
  list?: boolean;
  /** Run thorough tests, too; so does a run of suites or a topology that are named. */
  thorough?: boolean;
  /** Leave thorough tests out, also of suites or a topology that are named. */
  brief?: boolean;
  /** Run long tests, too. */
  long?: boolean;
  /** Of everything random; drawn when absent. */
  seed?: number;
  /** The load balancers' `datapath.mode`; `auto` when absent. */
  datapath?: string;
}

/** Labs at once on a machine where nobody says otherwise: most of a suite's time is waiting. */
const DEFAULT_JOBS = 3;

/** `onevip conformance`: runs suites and gives the exit code of the whole. */
export async function conformance(names: string[], options: ConformanceOptions): Promise<void> {
  const suites = chosen(await discoverSuites(), names);
  const catalogue = readCatalogue();
  for (const suite of suites) checkIds(catalogue, suite);
  // Each suite is a process of its own, and so told.
  process.env.ONEVIP_DEPTH = depthOf(names, options);
  if (options.datapath !== undefined) process.env.ONEVIP_DATAPATH = options.datapath;
  if (options.seed !== undefined) process.env.ONEVIP_SEED = String(options.seed);
  const planned = planJobs(suites, knownTopology(options.topology));
  if (planned.length === 0) throw new UserError(`none of these suites runs on ${options.topology}`, EXIT.usage);
  if (options.list) return printList(planned);
  await refuseUnfitMachine();
  await collectGarbage();
  const folder = beginRun(newRunId(new Date()));
  const report = await runAll(planned, options.jobs ?? DEFAULT_JOBS, folder);
  // A suite that crashed may have left its lab.
  await collectGarbage();
  writeReports(folder, report, catalogue);
  endRun(folder);
  const terminal = { colour: chalk.level > 0, columns: process.stdout.columns ?? 0 };
  process.stdout.write(terminalReport(report, catalogue.requirements, terminal));
  process.exitCode = exitCodeOf(report.results);
}

/** Whoever names suites or a topology wants to know more of them than a brief run tells. */
function depthOf(names: string[], { brief, thorough, long, topology }: ConformanceOptions): Depth {
  if (long) return 'long';
  if (brief) return 'brief';
  return thorough || names.length > 0 || topology !== undefined ? 'thorough' : 'brief';
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

function printList(planned: Job[]): void {
  for (const job of planned) {
    const { suite, topology } = job;
    console.log(`${chalk.bold(suite.name)} on ${topology}: ${suite.title}`);
    const brief = leftOut(job, 'brief');
    for (const [title, { proves, longSeconds }] of Object.entries(suite.tests)) {
      const long = longSeconds ? ` (long: about ${longSeconds} s, with --long)` : '';
      const thorough = brief.get(title) === 'thorough' ? ' (thorough)' : '';
      console.log(`  ${title}${long}${thorough} ${chalk.dim(proves.join(' '))}`);
    }
  }
}

async function refuseUnfitMachine(): Promise<void> {
  const lacking = (await examine()).filter(({ needed, answer }) => needed && answer === 'no');
  if (lacking.length === 0) return;
  const lines = lacking.map(({ subject, detail, remedy }) => `  ${subject}: ${detail}; would change it: ${remedy}`);
  throw new UserError(`this machine cannot run the suites:\n${lines.join('\n')}`, EXIT.machineUnfit);
}

async function runAll(planned: Job[], atOnce: number, folder: string): Promise<RunReport> {
  const startedAt = new Date().toISOString();
  const began = performance.now();
  // The suites are interrupted with us, and take their labs down: what they have found by then is still reported.
  process.on('SIGINT', () => {});
  const jobs = planned.filter((job) => hasWork(job));
  const results = await inParallel(jobs, atOnce, (job) =>
    runJob(job, folder, (line) => showProgress(job, line, began)),
  );
  return {
    id: path.basename(folder),
    startedAt,
    durationMs: performance.now() - began,
    machine: machine(),
    topology: [...new Set(jobs.map(({ topology }) => topology))].join(', '),
    command: `./onevip ${process.argv.slice(2).join(' ')}`,
    results: results.flat(),
    notRun: planned.flatMap(notRun),
  };
}

function notRun(job: Job): NotRun[] {
  const { suite, topology } = job;
  return [...leftOut(job)].map(([title, why]) => ({
    suite: jobName(job),
    title,
    proves: suite.tests[title]?.proves ?? [],
    because: why === 'long' ? `long: takes about ${suite.tests[title]?.longSeconds} s` : 'thorough',
    runIt: `./onevip conformance ${suite.name} --topology ${topology}${why === 'long' ? ' --long' : ''}`,
  }));
}

/** Takes the jobs in order, `atOnce` of them at a time; the results come in the order of the jobs. */
async function inParallel<T>(jobs: Job[], atOnce: number, work: (job: Job) => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  const waiting = jobs.entries();
  const worker = async (): Promise<void> => {
    for (const [index, job] of waiting) results[index] = await work(job);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, jobs.length) }, worker));
  return results;
}

function showProgress({ suite, topology }: Job, line: string, began: number): void {
  const seconds = ((performance.now() - began) / 1000).toFixed(1).padStart(5);
  const mark = line.startsWith('ok') ? chalk.green('ok    ') : chalk.red('not ok');
  const title = line.replace(/^(?:not )?ok \d+ - /, '').replace(/ # time=.*$/, '');
  console.log(
    `${chalk.dim(seconds)} ${mark} ${suite.name}${topology === suite.topologies[0] ? '' : ` on ${topology}`}: ${title}`,
  );
}

/** Every form of the report goes into the run's folder, and `runs/latest` points there. */
function writeReports(folder: string, report: RunReport, { requirements }: Catalogue): void {
  const write = (file: string, text: string) => writeFileSync(path.join(folder, file), text);
  write('report.json', jsonReport(report, requirements));
  write('report.xml', junitReport(report));
  write('report.md', markdownReport(report, requirements));
  write('report.html', htmlReport(report, requirements));
  const latest = path.join(path.dirname(folder), 'latest');
  rmSync(latest, { force: true });
  symlinkSync(path.basename(folder), latest);
}

/** A failure outweighs what proved nothing. A run without any result proved nothing. */
function exitCodeOf(results: TestResult[]): number {
  const verdicts = new Set(results.map(({ verdict }) => verdict));
  if (verdicts.has('fail')) return EXIT.failed;
  return verdicts.has('unknown') || results.length === 0 ? EXIT.provedNothing : EXIT.passed;
}
