import type { LegPlan, NodePlan } from '../topology/plan.ts';

export type { LegPlan, NodePlan, ServicePlan } from '../topology/plan.ts';

/** @throws where the node has no such leg */
export function legNamed(node: NodePlan, leg: string): LegPlan {
  const found = node.legs.find(({ name }) => name === leg);
  if (found === undefined) throw new Error(`${node.name} has no leg named ${leg}`);
  return found;
}

/** Of a leg, without its prefix length. */
export const legAddress = (node: NodePlan, leg: string): string => legNamed(node, leg).address.split('/')[0] ?? '';
