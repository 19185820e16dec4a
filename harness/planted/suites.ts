import { isAbout } from '../../reports/proof.ts';
import { invariantsOf } from '../check/invariants/index.ts';
import { planJobs } from '../runner/select.ts';
import type { Depth, Job, Suite } from '../runner/suite.ts';

/** A lab as the invention has it: there all invariants hold. */
const ANYWHERE = { cluster: [], nlbs: '', clientSubnets: [], privateLegs: [], places: [] };

/** What invariants prove, and so every suite. */
const provedEverywhere = (): string[] => invariantsOf(ANYWHERE).flatMap(({ proves }) => proves);

/**
 * The jobs of a run of that depth that prove the requirement: those whose tests do, shortest first; then all others, where an
 * invariant does.
 */
export function jobsThatProve(suites: Suite[], requirement: string, depth: Depth): Job[] {
  const all = planJobs(suites, { depth }).toReversed();
  const byTests = all.filter(({ suite, titles }) =>
    titles.some((title) => isAbout(suite.tests[title]?.proves ?? [], requirement)),
  );
  return isAbout(provedEverywhere(), requirement) ? [...new Set([...byTests, ...all])] : byTests;
}
