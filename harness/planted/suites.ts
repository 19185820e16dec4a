import { invariantsOf } from '../check/invariants/index.ts';
import { hasWork, planJobs } from '../runner/discover.ts';
import { type Depth, type Job, leftOut, type Suite } from '../runner/suite.ts';

/** A lab as the invention has it: there all invariants hold. */
const ANYWHERE = { cluster: [], nlbs: '', clientSubnets: [], privateLegs: [], places: [] };

/** Requirements that invariants prove, and so every suite. */
const provedEverywhere = (): Set<string> => new Set(invariantsOf(ANYWHERE).flatMap(({ proves }) => proves));

/**
 * The jobs of a run of that depth that prove the requirement: those whose tests do, shortest first; then all others, where an
 * invariant does.
 */
export function jobsThatProve(suites: Suite[], requirement: string, depth: Depth): Job[] {
  const all = planJobs(suites, undefined, depth)
    .filter((job) => hasWork(job, depth))
    .toReversed();
  const byTests = all.filter((job) => {
    const omitted = leftOut(job, depth);
    const tests = Object.entries(job.suite.tests);
    return tests.some(([title, { proves }]) => !omitted.has(title) && proves.includes(requirement));
  });
  return provedEverywhere().has(requirement) ? [...new Set([...byTests, ...all])] : byTests;
}
