import { until } from '../clock/until.ts';
import type { NodePlan, Plan } from '../topology/plan.ts';
import { openEcho } from './echo.ts';
import type { LabNames } from './names.ts';
import { inNamespace } from './namespace.ts';
import { ipBatch } from './wire.ts';

interface Path {
  segment: string;
  from: { node: string };
  to: { node: string; address: string };
}

/** From the first node on each segment to every other one. */
export function pathsOf(plan: Plan): Path[] {
  return plan.segments.flatMap(({ name: segment }) => {
    const [first, ...others] = plan.nodes.flatMap((node) => stationsOn(segment, node));
    return first ? others.map((to) => ({ segment, from: { node: first.node }, to })) : [];
  });
}

const stationsOn = (segment: string, { name, legs }: NodePlan): { node: string; address: string }[] =>
  legs
    .filter((leg) => leg.segment === segment)
    .map(({ address }) => ({ node: name, address: address.split('/')[0] ?? '' }));

const WITHIN_MS = 5000;

/**
 * Waits until a datagram of full size, which nobody may fragment, comes back from every node of every segment: a wire that is
 * missing, or carries less than the others, is noticed before a suite is. No node remembers it afterwards.
 * @throws when one does not, with where
 */
export async function provePaths(
  lab: string,
  plan: Plan,
  names: LabNames,
  withinMs: number = WITHIN_MS,
): Promise<void> {
  await Promise.all(pathsOf(plan).map((path) => prove(path, names, withinMs)));
  await Promise.all(plan.nodes.map(({ name }) => ipBatch(lab, 'neigh flush all\n', names.node(name))));
}

async function prove({ segment, from, to }: Path, names: LabNames, withinMs: number): Promise<void> {
  const echo = inNamespace(names.node(from.node), () => openEcho(to.address));
  const what = `a datagram of full size comes back on ${segment} from ${to.node} (${to.address}) to ${from.node}`;
  try {
    await until(() => echo.isAnswered(), { what, withinMs, everyMs: 5 });
  } finally {
    echo.close();
  }
}
