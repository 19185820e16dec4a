import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import path from 'node:path';
import t from 'tap';
import type { CheckResult, TestResult } from '../../reports/run-report.ts';
import type { Scene } from '../act/scene.ts';
import type { SuiteTest } from '../act/suite-test.ts';
import { atRest } from '../act/waits.ts';
import { testAct } from '../check/invariants/exemption.ts';
import { NOT_ENDED } from '../check/invariants/nothing-left.ts';
import type { HistoryEvent } from '../history/event.ts';
import { tidyOnInterrupt } from '../lab/interrupt.ts';
import { beginRun, endRun, newRunId } from '../lab/run-folder.ts';
import { judgeAlways, SHOWN_EVENTS } from './always.ts';
import { readCatalogue } from './catalogue.ts';
import { describeEvent } from './describe.ts';
import { checkIds } from './ids.ts';
import { judge, type Word, worst } from './judge.ts';
import { openStage, type Stage } from './stage.ts';
import { type Job, jobFolder, jobName, leftOut, type Suite } from './suite.ts';

/** For all tests of a suite together; each wait has a limit of its own, far below. */
const TIME_LIMIT_MS = 240_000;

/** The thread that takes frames out of the capture's rings is this one. */
const BEFORE_ORDINARY_WORK = -10;

/**
 * Runs a suite in a lab of its own and prints TAP. Verdicts go to `verdicts.json` in the suite's folder of results, beside
 * the history that they were made from. `ONEVIP_TOPOLOGY` and `ONEVIP_RUN` choose the topology and the run's folder.
 */
export async function runSuite(suite: Suite): Promise<Suite> {
  checkIds(readCatalogue(), suite);
  tidyOnInterrupt();
  setPriority(BEFORE_ORDINARY_WORK);
  const topology = process.env.ONEVIP_TOPOLOGY ?? suite.topologies[0] ?? 'invention';
  const run = process.env.ONEVIP_RUN ?? beginRun(newRunId(new Date()));
  const folder = jobFolder(run, { suite, topology });
  mkdirSync(folder, { recursive: true });
  t.setTimeout(TIME_LIMIT_MS);
  const results: TestResult[] = [];
  const stage = await openStage(suite, topology, folder);
  t.teardown(async () => {
    await stage.close();
    if (process.env.ONEVIP_RUN === undefined) endRun(run);
  });
  const keep = (result: TestResult) => {
    results.push(result);
    replaceFile(path.join(folder, 'verdicts.json'), JSON.stringify(results, undefined, 2));
  };
  const omitted = leftOut({ suite, topology });
  for (const [title, test] of Object.entries(suite.tests)) {
    const why = omitted.get(title);
    if (why) {
      await t.test(title, { skip: `${why}: ONEVIP_DEPTH=${why} runs it` }, async () => {});
      continue;
    }
    const lacking = test.lacks?.();
    await t.test(title, lacking === undefined ? {} : { skip: lacking }, async (tt) => {
      const result = await runTest(stage, { suite, title, test, topology, folder });
      keep(result);
      for (const check of result.checks) report(tt, result, check);
    });
    if (lacking !== undefined) keep(skipped({ suite, title, test, topology, folder }, lacking));
  }
  await t.test('what holds in every suite held from the first frame to the last', async (tt) => {
    for (const result of await runInvariants(stage, { suite, topology }, folder)) {
      keep(result);
      for (const check of result.checks) report(tt, result, { ...check, name: `${result.title}, ${check.name}` });
    }
  });
  return suite;
}

/** What could not be ended or looked at makes the verdicts unknown that need it, and says so itself. */
async function runInvariants({ scene, finish }: Stage, job: Job, folder: string): Promise<TestResult[]> {
  try {
    await finish();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    scene.recorder.record({ kind: 'act', what: NOT_ENDED, atNs: scene.nowNs(), detail: why });
  }
  return judgeAlways(job, scene.lab.plan, scene.recorder.events(), [historyFile(folder)]);
}

/** From the run's folder. */
const historyFile = (folder: string): string => path.join(path.basename(folder), 'history.jsonl');

/** Whoever kills the suite at any moment leaves a whole file: the old one or the new one. */
function replaceFile(file: string, text: string): void {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

interface Running {
  suite: Suite;
  title: string;
  test: SuiteTest;
  topology: string;
  folder: string;
}

const skipped = ({ suite, title, test, topology }: Running, because: string): TestResult => ({
  suite: jobName({ suite, topology }),
  title,
  proves: test.proves,
  verdict: 'skip',
  because,
  checks: [],
  durationMs: 0,
  runAgain: commandFor(suite, test, topology, 0),
  files: [],
});

async function runTest(stage: Stage, { suite, title, test, topology, folder }: Running): Promise<TestResult> {
  const began = performance.now();
  const { scene } = stage;
  const atNs = scene.nowNs();
  const checks = await runChecks(stage, test);
  scene.recorder.record({ kind: 'act', what: testAct(title), atNs, untilNs: scene.nowNs() });
  const verdict = worst(checks.map((check) => check.verdict));
  const decisive = checks.find((check) => check.verdict === verdict);
  return {
    suite: jobName({ suite, topology }),
    title,
    proves: test.proves,
    verdict,
    because: decisive ? `${decisive.name}: ${decisive.because}` : 'the test claimed nothing',
    checks,
    durationMs: performance.now() - began,
    ...(test.random ? { seed: String(stage.scene.seed) } : {}),
    runAgain: commandFor(suite, test, topology, stage.scene.seed),
    files: [historyFile(folder)],
  };
}

function commandFor({ name }: Suite, { longSeconds, random }: SuiteTest, topology: string, seed: number): string {
  const long = longSeconds ? ' --long' : '';
  return `./onevip conformance ${name} --topology ${topology}${long}${random ? ` --seed ${seed}` : ''}`;
}

/**
 * A test begins when the pair is at rest, so that nothing of what was before it is taken for its own. One that throws has
 * failed at what it was doing; what its claims would have been is not known.
 */
async function runChecks({ scene, settle }: Stage, test: SuiteTest): Promise<Judged[]> {
  try {
    await atRest(scene);
    const fromNs = scene.nowNs();
    const claims = await test.run(scene);
    await settle();
    const events = scene.recorder.events();
    const during = events.filter(({ atNs }) => atNs >= fromNs);
    return Object.entries(claims).map(([name, checker]) => toResult(name, judge(checker, during, events)));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return [{ name: 'the test ran to its end', verdict: 'fail', because: why, evidence: await lastEvents(scene) }];
  }
}

/** A claim with its verdict. A claim is never skipped: what is not to be judged is not claimed. */
type Judged = CheckResult & { verdict: Word };

const toResult = (name: string, { verdict, because, evidence }: ReturnType<typeof judge>): Judged => ({
  name,
  verdict,
  because,
  evidence: evidence.slice(0, SHOWN_EVENTS).map(describeEvent),
});

/** What led up to a failure: the last events but frames of the traffic, which are too many. */
async function lastEvents(scene: Scene): Promise<string[]> {
  const telling = (event: HistoryEvent) => event.kind !== 'frame' && event.kind !== 'probe' && event.kind !== 'served';
  return scene.recorder.events().filter(telling).slice(-SHOWN_EVENTS).map(describeEvent);
}

/** One TAP assertion for each claim. What proved nothing is not ok: nobody should build on it. */
function report(tt: Pick<typeof t, 'ok'>, result: TestResult, check: CheckResult): void {
  const { verdict, because, evidence } = check;
  const diagnostic = { verdict, because, proves: result.proves, evidence, again: result.runAgain, at: null, stack: '' };
  tt.ok(verdict === 'pass', check.name, verdict === 'pass' ? { diagnostic: false } : diagnostic);
}
