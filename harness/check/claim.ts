import type { HistoryEvent } from '../history/event.ts';
import { type Checker, unknown, type Verdict } from './verdict.ts';

/**
 * What a test claims, as plain data: it is stored beside the history, and can be judged again by whoever has both. A checker's
 * name stands for the pure function that judges.
 */
export interface Claim {
  /** `noneLost` */
  checker: string;
  /** What JSON can hold, and nothing else. */
  options: unknown;
  /** The claim that this one is about, where it only says what of the history that is held to. */
  claim?: Claim;
  /** Folder of another lab's history, beside the suite's own, that it is about; a part of that is a part of the same. */
  history?: string;
}

type Judging = (options: unknown, claim: Claim | undefined) => Checker;

const judgings = new Map<string, Judging>();

function register(name: string, judging: Judging): void {
  if (name === '') throw new Error('a checker must be a function with a name: claims are stored by it');
  if (judgings.has(name)) throw new Error(`two checkers are named ${name}`);
  judgings.set(name, judging);
}

/**
 * Declares a checker. What comes back makes a claim of its options, which are copied: what a suite changes afterwards changes no
 * claim.
 * @param judging a function whose name is that of the constant: by it a stored claim finds its checker
 */
export function checker<Options>(judging: (options: Options) => Checker): (options: Options) => Claim {
  const { name } = judging;
  // The options of a claim by that name are those that were given below, or what a file kept of them.
  register(name, (options) => judging(options as Options));
  return (options) => ({ checker: name, options: dataOf(options, name) });
}

/** Declares a checker that holds another claim to a part of the history. */
export function partChecker<Part>(
  judging: (part: Part, claim: Checker) => Checker,
): (part: Part, claim: Claim) => Claim {
  const { name } = judging;
  register(name, (part, claim) => judging(part as Part, claim ? judgingOf(claim) : unclaimed));
  return (part, claim) => {
    const { history } = claim;
    return { checker: name, options: dataOf(part, name), claim, ...(history !== undefined && { history }) };
  };
}

const unclaimed: Checker = () => unknown('it says of what it holds, but not what');

function judgingOf(claim: Claim): Checker {
  const judging = judgings.get(claim.checker);
  return judging?.(claim.options, claim.claim) ?? (() => unknown(`no checker is named ${claim.checker}`));
}

/** The verdict on a claim; see `Checker`. A name that no checker has proves nothing. */
export function verdictOn(
  claim: Claim,
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[] = during,
): Verdict {
  return judgingOf(claim)(during, all);
}

/** The same claim about the history of another lab, which lies in a folder of that name in the suite's own. */
export const inHistory = (history: string, claim: Claim): Claim => ({ ...claim, history });

/** The names of all checkers whose modules were loaded. */
export const checkerNames = (): string[] => [...judgings.keys()].toSorted();

/**
 * What JSON makes of the options: just themselves.
 * @throws when anything in it is no data, or would come back as something else: a function, a Map, Infinity, `undefined` in a list
 */
function dataOf(options: unknown, name: string): unknown {
  const problem = notData(options, 'options');
  if (problem) throw new TypeError(`${name}: ${problem}, which no file can hold; say it in plain data`);
  return JSON.parse(JSON.stringify(options));
}

function notData(value: unknown, place: string): string | undefined {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : `${place} is ${value}`;
  if (typeof value !== 'object') return `${place} is ${typeof value === 'undefined' ? value : `a ${typeof value}`}`;
  if (Array.isArray(value)) return firstOf(value.entries(), place);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return `${place} is a ${value.constructor.name}`;
  // A property without a value is as good as absent, and JSON leaves it out.
  return firstOf(
    Object.entries(value).filter(([, each]) => each !== undefined),
    place,
  );
}

function firstOf(entries: Iterable<[string | number, unknown]>, place: string): string | undefined {
  for (const [key, each] of entries) {
    const problem = notData(each, `${place}.${key}`);
    if (problem) return problem;
  }
  return undefined;
}
