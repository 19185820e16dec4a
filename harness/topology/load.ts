import { readFileSync } from 'node:fs';
import { topologyPath } from './find.ts';
import type { Plan } from './plan.ts';
import { formatProblems } from './problem.ts';
import { readTopology } from './read.ts';

/** The topology is not there, or cannot be used; the message says everything that is wrong, each with its place. */
export class BadTopology extends Error {
  override name = 'BadTopology';
}

/**
 * The plan of a topology, by the name of a file in `topologies/` or by a path.
 * @throws BadTopology
 */
export function loadPlan(nameOrPath: string, { servers }: { servers?: number } = {}): Plan {
  const file = pathOf(nameOrPath);
  const read = readTopology(readFileSync(file, 'utf8'), file, servers === undefined ? {} : { servers });
  if ('plan' in read) return read.plan;
  throw new BadTopology(`the topology ${file} cannot be used:\n${formatProblems(read.problems)}`);
}

function pathOf(nameOrPath: string): string {
  try {
    return topologyPath(nameOrPath);
  } catch (error) {
    throw new BadTopology((error as Error).message);
  }
}
