import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { suitesOf } from '../../reports/outcome.ts';
import type { TestResult } from '../../reports/run-report.ts';
import type { HistoryEvent } from '../history/event.ts';
import { inOrderOfTime, readHistory, readRecorded } from '../history/read.ts';
import { judgeAlways } from './always.ts';
import { jsonIn, readClaims, type SuiteClaims } from './claims-file.ts';
import { type Claimed, type Judged, judgeClaims, verdictOfTest } from './judge.ts';

/** What was stored of a test, and what today's checkers say of the same history. */
export interface JudgedAgain {
  /** Absent: nobody asked this of the suite when it was run. */
  stored?: TestResult;
  now: TestResult;
  /** Why `now` is what was stored, where the history cannot be judged again; goes on from "which". */
  kept?: string;
}

/** As far as they are compared; the rest is shown as it is. */
const Verdicts = z.array(
  z.looseObject({
    suite: z.string(),
    title: z.string(),
    verdict: z.enum(['pass', 'fail', 'unknown', 'skip']),
    always: z.literal(true).optional(),
    checks: z.array(z.looseObject({ name: z.string(), verdict: z.string() })),
  }),
);

/** @throws an error that names the file, and what is wrong with it */
function readVerdicts(file: string): TestResult[] {
  if (!existsSync(file)) throw new Error(`${file} is missing: the suite ended before its first test did`);
  const read = Verdicts.safeParse(jsonIn(file));
  if (!read.success) throw new Error(`${file} holds no verdicts:\n${z.prettifyError(read.error)}`);
  return read.data as unknown as TestResult[];
}

/** The suites that a folder of a run is about, `arp@invention`: more than one where they shared a lab. */
export function suitesStoredIn(folder: string): string[] {
  const own = path.basename(folder);
  if (!own.startsWith('lab-of-')) return [own];
  const topology = own.split('@')[1];
  const names = suitesOf(readVerdicts(path.join(folder, 'verdicts.json'))).map((suite) => suite.split('@')[0]);
  return [...new Set(names)].map((name) => `${name}@${topology}`);
}

/**
 * Judges what a suite's folder holds of a run by today's checkers, without a lab. A test that threw has claimed nothing, and one that
 * was skipped was not run: their verdicts are kept.
 * @throws an error that names the file that cannot be read, and why
 */
export function judgeAgain(folder: string): JudgedAgain[] {
  const stored = readVerdicts(path.join(folder, 'verdicts.json'));
  const labs = foldersOfLabs(folder);
  return labs.flatMap((lab) =>
    labAgain(
      lab,
      stored.filter((result) => folderOfLab(result, labs) === lab),
    ),
  );
}

/** Of each lab that the suite had, one after the other: its own folder for the first, `lab-2` and so on in it for others. */
function foldersOfLabs(folder: string): string[] {
  const more = readdirSync(folder).filter((name) => /^lab-\d+$/.test(name));
  return [folder, ...more.map((name) => path.join(folder, name))];
}

/** Where the history lies that a result was made from; what was not run in any lab is told with the first. */
function folderOfLab({ files }: TestResult, labs: readonly string[]): string | undefined {
  const [file = ''] = files;
  return labs.slice(1).find((lab) => file.includes(`/${path.basename(lab)}/`)) ?? labs[0];
}

function labAgain(folder: string, stored: TestResult[]): JudgedAgain[] {
  const claims = readClaims(folder);
  const recorded = readRecorded(path.join(folder, 'history.jsonl'));
  const tests = stored.filter(({ always }) => !always);
  const claimed = claimsOf(claims.tests);
  const again = tests.map((test) => testAgain(test, claimed(test), recorded, folder));
  return [...again, ...alwaysAgain(stored, claims, recorded)];
}

/**
 * Gives what a test claimed to whoever asks by what was stored of it. Where a test was run several times, each run is given once, and
 * none to a run that threw: that has no claim of these names.
 */
function claimsOf(tests: readonly Claimed[]): (stored: TestResult) => Claimed | undefined {
  const left = [...tests];
  return ({ title, checks }) => {
    const names = checks.map(({ name }) => name).join('\n');
    const at = left.findIndex((test) => test.title === title && Object.keys(test.claims).join('\n') === names);
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
}

function testAgain(
  stored: TestResult,
  claimed: Claimed | undefined,
  recorded: readonly HistoryEvent[],
  folder: string,
): JudgedAgain {
  if (!claimed)
    return { stored, now: stored, kept: stored.verdict === 'skip' ? 'were skipped' : 'did not run to their end' };
  const { title, span } = claimed;
  const end = recorded.findIndex(
    (event) => event.kind === 'test' && event.phase === 'ends' && event.title === title && event.atNs === span.untilNs,
  );
  if (end < 0) return { stored, now: judgedAs(stored, [unended(title)]) };
  const other = (lab: string) => readHistory(path.join(folder, lab, 'history.jsonl'));
  return { stored, now: judgedAs(stored, judgeClaims(claimed, inOrderOfTime(recorded.slice(0, end + 1)), other)) };
}

const judgedAs = (stored: TestResult, checks: Judged[]): TestResult => ({
  ...stored,
  ...verdictOfTest(checks),
  checks,
});

const unended = (title: string): Judged => ({
  name: 'the history has the end of the test',
  verdict: 'unknown',
  because: `"${title}" does not end in it at the instant that claims.json names`,
  evidence: [],
});

/** What a title has behind it where it is about a lab that is not the suite's first. */
const LATER_LAB = / \(lab \d+\)$/;

/** A suite that was interrupted was not judged as a whole, and is not now. */
function alwaysAgain(stored: TestResult[], claims: SuiteClaims, recorded: readonly HistoryEvent[]): JudgedAgain[] {
  const invariants = stored.filter(({ always }) => always);
  const [first] = invariants;
  if (!first) return [];
  const { suite, runAgain, files } = first;
  return judgeAlways(claims, inOrderOfTime(recorded), { suite, runAgain, files }).map((now) => {
    const before = invariants.find(({ title }) => title.replace(LATER_LAB, '') === now.title);
    return before ? { stored: before, now: { ...now, title: before.title } } : { now };
  });
}
