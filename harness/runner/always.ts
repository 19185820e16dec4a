import type { TestResult } from '../../reports/run-report.ts';
import { type Exempted, except, exemptedIn, exemptedText } from '../check/invariants/exemption.ts';
import { invariantsOf } from '../check/invariants/index.ts';
import type { Invariant, InvariantName } from '../check/invariants/invariant.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { Capability } from '../system/capability.ts';
import type { System } from '../system/system.ts';
import { systemWords } from '../system/systems.ts';
import type { Plan } from '../topology/plan.ts';
import { describeEvent } from './describe.ts';
import { judge } from './judge.ts';
import { wordsOf } from './lacking.ts';
import { settingOf } from './setting.ts';
import { type Job, jobName } from './suite.ts';

/** How many events a report shows of those that a verdict rests on. */
export const SHOWN_EVENTS = 12;

/** Invariants that only a system shows that has this. */
const NEEDED: Partial<Record<InvariantName, Capability>> = {
  'scripts in order': 'stateScripts',
  'alias off the standby': 'stateScripts',
};

/**
 * Judges every invariant over a suite's whole history, from the first frame of its lab to the last, but for what its tests have
 * said that they break, and what the system has nothing to show of.
 */
export function judgeAlways(
  job: Job,
  { plan, system }: { plan: Plan; system: System },
  all: HistoryEvent[],
  files: string[],
): TestResult[] {
  const setting = settingOf(plan);
  const exempted = exemptionsOf(job, all);
  return invariantsOf(setting).map((invariant) => {
    const began = performance.now();
    const needed = NEEDED[invariant.name];
    if (needed !== undefined && system.can[needed] === undefined) {
      const because = `${system.name} has no ${wordsOf(needed)}: ${system.lacks[needed]}`;
      return { ...resultOf(job, invariant, files), verdict: 'skip', because, checks: [], durationMs: 0 };
    }
    const broken = exempted.filter((one) => one.invariant === invariant.name);
    const { verdict, because, evidence } = judge(except(broken, invariant.checker(setting)), all, all);
    const shown = evidence.slice(0, SHOWN_EVENTS).map(describeEvent);
    return {
      ...resultOf(job, invariant, files),
      verdict,
      because,
      checks: [{ name: 'from the first frame of the lab to the last', verdict, because, evidence: shown }],
      durationMs: performance.now() - began,
      ...(broken.length > 0 ? { brokenOnPurpose: broken.map(exemptedText) } : {}),
    };
  });
}

const exemptionsOf = ({ suite }: Job, all: readonly HistoryEvent[]): Exempted[] =>
  Object.entries(suite.tests).flatMap(([title, { breaks = [] }]) => exemptedIn(all, title, breaks));

const resultOf = (job: Job, { title, proves }: Invariant, files: string[]) => ({
  suite: jobName(job),
  title,
  proves,
  always: true as const,
  runAgain: `./onevip conformance ${job.suite.name} --topology ${job.topology}${systemWords(process.env.ONEVIP_SYSTEM)}`,
  files,
});
