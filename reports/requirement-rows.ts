import { worst } from './outcome.ts';
import { readProof, requirementsIn } from './proof.ts';
import type { RunReport, TestResult, Verdict } from './run-report.ts';

/** A requirement as the catalogue lists it, as far as reports show it. */
export interface Listed {
  id: string;
  text: string;
  /** The part of it that no packet in a lab can show, why, and what shows it. */
  beyond?: string | undefined;
  /** What of it is tried each for itself; it is proved where each of them is. */
  aspects?: readonly string[] | undefined;
  /** Aspects that a brief run leaves out, each with the reason. */
  notBrief?: Readonly<Record<string, string>> | undefined;
}

/** The catalogue, as far as reports show it. */
export interface Listing {
  requirements: readonly Listed[];
  /** The patent's claims, each with the ids of the requirements that prove it. */
  claims: Readonly<Record<string, readonly string[]>>;
}

export interface AspectRow {
  name: string;
  verdict: Verdict | 'untried';
  tests: TestResult[];
  /** Why a brief run leaves it out. */
  notBrief?: string | undefined;
}

/** `partly`: whatever was tried is proved, and not everything was tried. */
export type RowVerdict = Verdict | 'partly' | 'not tested';

export interface RequirementRow {
  id: string;
  text: string;
  beyond?: string | undefined;
  verdict: RowVerdict;
  tests: TestResult[];
  /** None where the requirement is proved as a whole. */
  aspects: AspectRow[];
}

/**
 * One row for each requirement, in the catalogue's order: the worst verdict of its tests, or `not tested`. One that has aspects is
 * proved where each of them was. An id that a test names and the catalogue lacks has a row too, at the end, so that no result is
 * lost.
 */
export function requirementRows({ results }: RunReport, requirements: readonly Listed[]): RequirementRow[] {
  const listed = new Set(requirements.map(({ id }) => id));
  const unlisted = requirementsIn(results.flatMap(({ proves }) => proves)).filter((id) => !listed.has(id));
  return [...requirements, ...unlisted.map((id) => ({ id, text: '' }))].map((each) => rowOf(each, results));
}

function rowOf(
  { id, text, beyond, aspects = [], notBrief = {} }: Listed,
  results: readonly TestResult[],
): RequirementRow {
  const tests = results.filter(({ proves }) => requirementsIn(proves).includes(id));
  const tried = aspects.map((name) => aspectOf({ id, name, notBrief: notBrief[name] }, tests));
  const verdict = worst(tests.map((test) => test.verdict)) ?? 'not tested';
  const left = verdict === 'pass' && tried.some((aspect) => aspect.verdict === 'untried');
  return {
    id,
    text,
    ...(beyond !== undefined && { beyond }),
    tests,
    aspects: tried,
    verdict: left ? 'partly' : verdict,
  };
}

interface Aspect {
  id: string;
  name: string;
  notBrief: string | undefined;
}

function aspectOf({ id, name, notBrief }: Aspect, all: readonly TestResult[]): AspectRow {
  const isMeant = (proof: string) => {
    const read = readProof(proof);
    return read.id === id && read.aspect === name;
  };
  const tests = all.filter(({ proves }) => proves.some(isMeant));
  const verdict = worst(tests.map((test) => test.verdict)) ?? 'untried';
  return { name, tests, verdict, ...(notBrief !== undefined && verdict === 'untried' && { notBrief }) };
}

/** What a requirement asks, and how much of that no test of a lab shows. */
export const askedText = ({ text, beyond }: Pick<RequirementRow, 'text' | 'beyond'>): string =>
  beyond === undefined ? text : `${text}. Not shown by packets: ${beyond}`;

/** `stale key: untried (the reason)`; of what was tried, only the verdict. */
export const aspectText = ({ name, verdict, notBrief }: AspectRow): string =>
  `${name}: ${verdict}${notBrief === undefined ? '' : ` (in a brief run: ${notBrief})`}`;
