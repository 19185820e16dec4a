import type { SuiteTest } from '../act/suite-test.ts';
import type { InvariantName } from '../check/invariants/invariant.ts';
import { type Capability, neededFor } from '../system/capability.ts';
import type { System } from '../system/system.ts';
import type { Suite } from './suite.ts';

/** What of the system under test a test of a suite needs, by its own words, its suite's, and what the suite's pair asks for. */
export const needsOf = ({ needs = [], pair = {} }: Suite, test: SuiteTest): Capability[] => [
  ...new Set([...neededFor(pair), ...needs, ...(test.needs ?? [])]),
];

/**
 * Why a test is skipped: what it needs and the system declares that it lacks, in its words; else what the machine lacks.
 * @param datapath by which the system is asked to forward, if by one of several
 */
export function whySkipped(
  suite: Suite,
  test: SuiteTest,
  { name, can, lacks, lacksBy }: System,
  datapath: string = '',
): string | undefined {
  const lacksThere = lacksBy?.[datapath];
  const lacked = needsOf(suite, test).find((need) => can[need] === undefined || lacksThere?.[need] !== undefined);
  if (lacked === undefined) return test.lacks?.();
  return `${name} has no ${wordsOf(lacked)}: ${lacks[lacked] ?? lacksThere?.[lacked]}`;
}

/** Invariants that only a system shows that has this. */
const NEEDED: Partial<Record<InvariantName, Capability>> = {
  'declared drops': 'drops',
  'scripts in order': 'stateScripts',
  'alias off the standby': 'stateScripts',
};

/** Invariants of which the system has nothing to show, by name, with its reason. */
export function unshownBy({ name, can, lacks }: System): Record<string, string> {
  const lacked = Object.entries(NEEDED).filter(([, need]) => can[need] === undefined);
  return Object.fromEntries(lacked.map(([which, need]) => [which, `${name} has no ${wordsOf(need)}: ${lacks[need]}`]));
}

/** `stateScripts` → `state scripts`. */
const wordsOf = (capability: Capability): string =>
  capability.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
