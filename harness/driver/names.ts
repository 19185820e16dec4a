import type { Plan } from '../topology/plan.ts';
import { lansOf } from './batch.ts';

/** Every namespace of ours begins with this, so that a reader of `ip netns list` knows whose it is. */
const PREFIX = 'ov';

/** How the parts of a lab are called on the host. */
export interface LabNames {
  lab: string;
  node(name: string): string;
  lan(name: string): string;
  /** Every network namespace of the lab. */
  all(): string[];
}

/** Names of the lab `lab` made from `plan`. Nodes and LANs have namespaces of their own.
 * No name holds a dot, so the names of two labs, or of a node and a LAN, never meet. */
export function labNames(lab: string, plan: Plan): LabNames {
  const node = (name: string) => `${PREFIX}-${lab}.${name}`;
  const lan = (name: string) => `${PREFIX}-${lab}.lan.${name}`;
  return {
    lab,
    node,
    lan,
    all: () => [...plan.nodes.map(({ name }) => node(name)), ...lansOf(plan).map(lan)],
  };
}
