import { readFileSync } from 'node:fs';
import { topologyPath } from '../topology/find.ts';
import type { Plan } from '../topology/plan.ts';
import { formatProblems } from '../topology/problem.ts';
import { readTopology } from '../topology/read.ts';
import { EXIT, UserError } from './problem.ts';

/**
 * The plan of a topology, by the name of a file in `topologies/` or by a path.
 * @throws UserError with every problem of the text, each with its place.
 */
export function loadPlan(nameOrPath: string, { servers }: { servers?: number } = {}): Plan {
  const file = pathOf(nameOrPath);
  const read = readTopology(readFileSync(file, 'utf8'), file, servers === undefined ? {} : { servers });
  if ('plan' in read) return read.plan;
  throw new UserError(`the topology ${file} cannot be used:\n${formatProblems(read.problems)}`, EXIT.usage);
}

function pathOf(nameOrPath: string): string {
  try {
    return topologyPath(nameOrPath);
  } catch (error) {
    throw new UserError((error as Error).message, EXIT.usage);
  }
}
