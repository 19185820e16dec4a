import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { TestResult } from '../../reports/run-report.ts';
import { probe, testRun } from '../check/literal-history.ts';
import { noneLost } from '../check/probes.ts';
import type { HistoryEvent } from '../history/event.ts';
import { openHistory } from '../history/recorder.ts';
import { loadPlan } from '../topology/load.ts';
import { type SuiteClaims, writeClaims } from './claims-file.ts';
import { settingOf } from './setting.ts';

/** What a run stores of a suite, written down for tests. */

export const SETTING = settingOf(loadPlan('invention'));
export const none = noneLost({ atLeast: 2 });
export const OF = { suite: 'idle', runAgain: './onevip conformance idle', files: ['h'] };

/** What a suite stored of a test: its verdict, and that of its one claim. */
export const stored = (title: string, verdict: TestResult['verdict'], claim = 'none is lost'): TestResult => ({
  ...OF,
  title,
  proves: ['HA-6'],
  verdict,
  because: 'it was so',
  checks: verdict === 'skip' ? [] : [{ name: claim, verdict: verdict, because: 'it was so', evidence: [] }],
  durationMs: 1,
});

export const claimed = (
  title: string,
  fromMs: number,
  untilMs: number,
  claim = none,
): SuiteClaims['tests'][number] => ({
  title,
  span: { fromNs: fromMs * 1e6, untilNs: untilMs * 1e6 },
  claims: { 'none is lost': claim },
});

export function store(folder: string, recorded: readonly HistoryEvent[]): void {
  mkdirSync(folder, { recursive: true });
  const history = openHistory({ file: path.join(folder, 'history.jsonl') });
  for (const event of recorded) history.record(event);
  history.close();
}

export interface Folder {
  recorded: HistoryEvent[];
  tests: SuiteClaims['tests'];
  results: TestResult[];
}

/** A suite's folder, in which events stand in the order of recording. */
export function storeSuite(folder: string, { recorded, tests, results }: Folder): void {
  store(folder, recorded);
  writeClaims(folder, { setting: SETTING, breaks: {}, unshown: {}, tests });
  writeFileSync(path.join(folder, 'verdicts.json'), JSON.stringify(results));
}

const [begins, ends] = testRun('nothing is lost', 100, 200);
export const RUN = [begins, probe(110), probe(120), ends].filter((event) => event !== undefined);
/** One test of one suite, which passed. */
export const ONE: Folder = {
  recorded: RUN,
  tests: [claimed('nothing is lost', 105, 200)],
  results: [stored('nothing is lost', 'pass')],
};
