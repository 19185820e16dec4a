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

const PATTERN = /^[a-z0-9][a-z0-9-]{0,31}$/;

/** Why `name` cannot name a lab, or undefined when it can. */
export function badLabName(name: string): string | undefined {
  if (PATTERN.test(name)) return undefined;
  return `"${name}" cannot name a lab: use 1 to 32 of a-z, 0-9 and -, beginning with a letter or digit`;
}
