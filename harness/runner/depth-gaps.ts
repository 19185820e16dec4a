import { readProof } from '../../reports/proof.ts';
import { invariantsOf } from '../check/invariants/index.ts';
import { loadPlan } from '../topology/load.ts';
import type { Catalogue, Requirement } from './catalogue.ts';
import { settingOf } from './setting.ts';
import { type Depth, leftOut, type Place } from './suite.ts';

/** What a run of that depth proves by declaration: of its tests, and of what is judged in every suite. */
export function provenAt(jobs: readonly Place[], depth: Depth): Set<string> {
  const proofs = jobs.flatMap((job) => {
    const omitted = leftOut(job, depth);
    const run = Object.entries(job.suite.tests).filter(([title]) => !omitted.has(title));
    const invariants = run.length === 0 ? [] : invariantsOf(settingOf(loadPlan(job.topology)));
    return [...run.map(([, test]) => test), ...invariants].flatMap(({ proves }) => proves);
  });
  return new Set(proofs);
}

/** What must be proved of a requirement: each of its aspects, or all of it. */
const partsOf = ({ id, aspects }: Requirement): string[] =>
  aspects.length === 0 ? [id] : aspects.map((aspect) => `${id} ${aspect}`);

/**
 * Of every requirement that is tested at all, what a run of that depth leaves untried. Where none is tested, nothing is left out:
 * reports list it as not tested.
 */
export function gapsAt({ requirements }: Catalogue, jobs: readonly Place[], depth: Depth): string[] {
  const tested = new Set([...provenAt(jobs, 'long')].map((proof) => readProof(proof).id));
  const proven = provenAt(jobs, depth);
  return requirements
    .filter(({ id }) => tested.has(id))
    .flatMap(partsOf)
    .filter((part) => !proven.has(part));
}

/** What the catalogue says that a brief run leaves out. */
export const exceptedFromBrief = ({ requirements }: Catalogue): string[] =>
  requirements.flatMap(({ id, notBrief }) => Object.keys(notBrief).map((aspect) => `${id} ${aspect}`));
