import { mkdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { CheckResult, TestResult } from '../../reports/run-report.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { beginRun, endRun, newRunId } from '../lab/run-folder.ts';
import { systemNamed } from '../system/systems.ts';
import { type Assignment, assignmentOf } from './assignment.ts';
import { readCatalogue } from './catalogue.ts';
import { loadSuite } from './discover.ts';
import { checkIds } from './ids.ts';
import { Labs } from './labs.ts';
import { whySkipped } from './lacking.ts';
import { replaceFile } from './replace-file.ts';
import { runTest, skipped, type Turn } from './run-test.ts';
import { type Group, groupFolder, groupName, type Job, leftOut, type Suite } from './suite.ts';
import { isForFreshLab, turnsOf } from './turns.ts';

/** For all tests of a suite together; each wait has a limit of its own, far below. */
const TIME_LIMIT_MS = 240_000;

/** The thread that takes frames out of the capture's rings is this one. */
const BEFORE_ORDINARY_WORK = -10;

/**
 * Runs a suite as its assignment says, and the others that are to share its lab, and prints TAP. Verdicts go to `verdicts.json` in the
 * folder of results, beside the history that they were made from.
 */
export async function runSuite(suite: Suite): Promise<Suite> {
  const isInterrupted = tidyOnInterrupt();
  setPriority(BEFORE_ORDINARY_WORK);
  const assignment = assignmentOf(suite);
  const group = await groupOf(suite, assignment);
  for (const job of group) checkIds(readCatalogue(), job.suite);
  const run = assignment.run ?? beginRun(newRunId(new Date()));
  const folder = groupFolder(run, group);
  mkdirSync(folder, { recursive: true });
  t.setTimeout(TIME_LIMIT_MS * assignment.repeat * group.length);
  const results: TestResult[] = [];
  const labs = new Labs(group, assignment, folder);
  t.teardown(async () => {
    await labs.end({ passed: false, keepLab: false });
    if (assignment.run === undefined) endRun(run);
  });
  const keep = (...more: TestResult[]) => {
    if (isInterrupted()) return;
    results.push(...more);
    replaceFile(path.join(folder, 'verdicts.json'), JSON.stringify(results, undefined, 2));
  };
  if (assignment.run === undefined) await sayLeftOut(suite, assignment);
  await runTests({ group, assignment, labs, keep, results });
  return suite;
}

/** The jobs of an assignment; the suite that was started is the first. */
async function groupOf(first: Suite, { topology, parts }: Assignment): Promise<Group> {
  const jobOf = async ({ suite: name, titles }: Assignment['parts'][number]): Promise<Job> => {
    return { suite: name === first.name ? first : await loadSuite(name), topology, titles };
  };
  const [job, ...others] = await Promise.all(parts.map(jobOf));
  if (!job) throw new Error('the assignment names no suite');
  return [job, ...others];
}

/** Whoever starts a suite alone sees what he has not seen. */
async function sayLeftOut(suite: Suite, { topology }: Assignment): Promise<void> {
  for (const [title, why] of leftOut({ suite, topology }, 'thorough'))
    await t.test(title, { skip: `${why}: ./onevip conformance ${suite.name} --${why} runs it` }, async () => {});
}

interface Running {
  group: Group;
  assignment: Assignment;
  labs: Labs;
  keep(...results: TestResult[]): void;
  results: TestResult[];
}

async function runTests(running: Running): Promise<void> {
  const { group, assignment, labs, keep, results } = running;
  const system = systemNamed(assignment.system);
  const hasFailed = () => results.some(({ verdict }) => verdict === 'fail');
  const isOver = () => hasFailed() && (assignment.failFast || assignment.keepLabOnFail);
  let before: Turn | undefined;
  for (const turn of turnsOf(group, assignment)) {
    if (isOver()) break;
    const { suite } = turn;
    if (labs.name !== undefined && before && isForFreshLab(before, turn, labs.isChanged)) await endLab(running, false);
    before = turn;
    const lacking = whySkipped(suite, turn.test, system, assignment.datapath);
    let isLabFit = true;
    await t.test(turn.name, lacking === undefined ? {} : { skip: lacking }, async (tt) => {
      const { result, ranToItsEnd } = await runTest(labs, turn);
      const kept = result.verdict === 'fail' && assignment.keepLabOnFail ? labs.name : undefined;
      keep({ ...result, ...(kept !== undefined && { keptLab: kept }) });
      for (const check of result.checks) report(tt, result, check);
      isLabFit = ranToItsEnd;
    });
    if (!isLabFit && !isOver()) await endLab(running, false);
    if (lacking !== undefined) keep(skipped(turn, lacking));
  }
  if (labs.name !== undefined) await endLab(running, hasFailed() && assignment.keepLabOnFail);
}

/** Ends the lab that there is, and keeps what was judged of its whole history. */
async function endLab({ group, labs, keep, results }: Running, keepLab: boolean): Promise<void> {
  const owners = group.length === 1 ? '' : `${groupName(group)}: `;
  await t.test(`${owners}what holds in every suite held from the first frame to the last`, async (tt) => {
    const { historyFile } = labs;
    const own = results.filter(({ files }) => files.includes(historyFile));
    const ended = await labs.end({ passed: own.every(({ verdict }) => verdict === 'pass'), keepLab });
    for (const result of own) result.files = [ended.storedFile];
    keep(...ended.results.map((result) => ({ ...result, files: [ended.storedFile] })));
    for (const result of ended.results)
      for (const check of result.checks) report(tt, result, { ...check, name: `${result.title}, ${check.name}` });
  });
}

/** One TAP assertion for each claim. What proved nothing is not ok: nobody should build on it. */
function report(tt: Pick<typeof t, 'ok'>, result: TestResult, check: CheckResult): void {
  const { verdict, because, evidence } = check;
  const diagnostic = { verdict, because, proves: result.proves, evidence, again: result.runAgain, at: null, stack: '' };
  tt.ok(verdict === 'pass', check.name, verdict === 'pass' ? { diagnostic: false } : diagnostic);
}
