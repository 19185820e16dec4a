import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import type { SuiteTest } from '../act/suite-test.ts';
import { atRest } from '../act/waits.ts';
import type { HistoryEvent, TestMarked } from '../history/event.ts';
import { readHistory } from '../history/read.ts';
import { readDrops } from '../lab/read-drops.ts';
import type { Assignment } from './assignment.ts';
import { type Judged, judgeClaims, shownEvents, verdictOfTest } from './judge.ts';
import type { Labs } from './labs.ts';
import { needsOf } from './lacking.ts';
import type { Stage } from './stage.ts';
import { jobName, type Suite } from './suite.ts';
import { commandOf } from './test-command.ts';
import { thrown } from './thrown.ts';

/** One run of one test. */
export interface Turn {
  suite: Suite;
  assignment: Assignment;
  title: string;
  /** The title, and which of several rounds it is. */
  name: string;
  round?: number;
  test: SuiteTest;
}

export interface Ran {
  result: TestResult;
  /** Whether all was done that the test does; else nobody knows in what state the lab is. */
  ranToItsEnd: boolean;
}

export async function runTest(labs: Labs, turn: Turn): Promise<Ran> {
  const began = performance.now();
  const { stage, checks, ranToItsEnd } = await runChecks(labs, turn);
  const result: TestResult = {
    ...named(turn, stage?.scene.seed),
    ...verdictOfTest(checks),
    checks,
    durationMs: performance.now() - began,
    ...(turn.test.random && stage ? { seed: String(stage.scene.seed) } : {}),
    files: [labs.historyFile],
  };
  return { result, ranToItsEnd };
}

export const skipped = (turn: Turn, because: string): TestResult => ({
  ...named(turn),
  verdict: 'skip',
  because,
  checks: [],
  durationMs: 0,
  files: [],
});

function named({ suite, assignment, title, round, test }: Turn, seed?: number) {
  const { topology } = assignment;
  return {
    suite: jobName({ suite, topology }),
    title,
    proves: test.proves,
    ...(round !== undefined && { round }),
    runAgain: commandOf(
      {
        suite: suite.name,
        topology,
        title,
        ...(test.longSeconds && { long: true }),
        ...(test.random && seed !== undefined && { seed }),
      },
      assignment,
    ),
  };
}

interface Checked {
  stage?: Stage;
  checks: Judged[];
  ranToItsEnd: boolean;
}

async function runChecks(labs: Labs, turn: Turn): Promise<Checked> {
  let stage: Stage;
  try {
    stage = await labs.current();
  } catch (error) {
    return { checks: [thrown(error, 'a lab is brought up, and serves', [], [])], ranToItsEnd: false };
  }
  const { lab } = stage.scene;
  mark(stage, turn.title, 'begins');
  lab.granted = new Set(needsOf(turn.suite, turn.test));
  const checked = await tried(labs, stage, turn);
  lab.granted = undefined;
  return { stage, ...checked };
}

/** A test begins when the pair is at rest, so that nothing of what was before it is taken for its own. */
async function tried(labs: Labs, stage: Stage, { title, test }: Turn): Promise<Omit<Checked, 'stage'>> {
  const { scene, settle } = stage;
  const tidied = async (): Promise<Judged[]> => (await scene.undoAll()).map(notUndone);
  try {
    await atRest(scene);
    await readDrops(scene.lab, scene.recorder);
    const fromNs = scene.nowNs();
    const claims = await test.run(scene);
    const problems = await tidied();
    await settle();
    const claimed = { title, span: { fromNs, untilNs: mark(stage, title, 'ends') }, claims };
    labs.claim(claimed);
    const other = (lab: string) => readHistory(path.join(labs.ownFolder, lab, 'history.jsonl'));
    const judged = judgeClaims(claimed, scene.recorder.events(), other);
    return { checks: [...judged, ...problems], ranToItsEnd: problems.length === 0 };
  } catch (error) {
    const events = scene.recorder.events();
    const problems = await tidied();
    mark(stage, title, 'ends');
    return {
      checks: [thrown(error, 'the test runs to its end', events, lastEvents(events)), ...problems],
      ranToItsEnd: false,
    };
  }
}

/** What is recorded until a test's end is what it is judged by, now and whenever its history is judged again. */
function mark({ scene }: Stage, title: string, phase: TestMarked['phase']): number {
  const atNs = scene.nowNs();
  scene.recorder.record({ kind: 'test', atNs, title, phase });
  return atNs;
}

const notUndone = (problem: string): Judged => ({
  name: 'the harness undoes what the test did',
  verdict: 'unknown',
  because: problem,
  evidence: [],
});

/** How many events are shown of those before a failure. */
const LEADING_EVENTS = 12;

/** What led up to a failure: the last events but frames of the traffic, which are too many. */
function lastEvents(events: readonly HistoryEvent[]): string[] {
  const telling = (event: HistoryEvent) => event.kind !== 'frame' && event.kind !== 'probe' && event.kind !== 'served';
  return shownEvents(events.filter(telling).slice(-LEADING_EVENTS));
}
