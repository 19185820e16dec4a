import type { Cidr } from './address.ts';
import { contains, parseCidr, parseIpv4 } from './ipv4.ts';
import type { NodePlan, Plan } from './plan.ts';

/** One LAN of a picture: a bar across it. */
export interface LanBar {
  name: string;
  subnets: string[];
  /** Addresses on it that belong to a pair, with whose they are: `firewalls 10.77.1.1`. */
  virtual: string[];
}

/**
 * Where a node stands. Row 0 is above the first LAN, row 1 below it, and so on: `row` is the number of LANs above the
 * node. Its lines to further LANs run down its column, which is its own as far as they reach.
 */
export interface Place {
  node: NodePlan;
  row: number;
  column: number;
}

export interface Arrangement {
  bars: LanBar[];
  places: Place[];
  columns: number;
}

/** Arrange a plan: LANs from top to bottom as in the file, each node below the first of its LANs. */
export function arrange(plan: Plan): Arrangement {
  const bars = barsOf(plan);
  const taken = new Set<string>();
  const places = plan.nodes.map((node) => place(node, lanIndexes(node, plan, bars), taken));
  return { bars, places, columns: Math.max(1, ...places.map(({ column }) => column + 1)) };
}

/** The LAN of a segment. */
export function lanOf(segment: string, plan: Plan): string {
  return plan.segments.find(({ name }) => name === segment)?.lan ?? segment;
}

function barsOf(plan: Plan): LanBar[] {
  const names = new Set(plan.segments.map(({ lan }) => lan));
  return [...names].map((name) => {
    const segments = plan.segments.filter(({ lan }) => lan === name);
    const several = segments.length > 1;
    const subnets = segments.map((s) => (several ? `${s.name} ${s.subnet}` : s.subnet));
    return { name, subnets, virtual: virtualOf(name, plan) };
  });
}

function virtualOf(lan: string, plan: Plan): string[] {
  const { vrrp, nlbs, cluster } = plan.addresses;
  const firewalls = Object.entries(vrrp).filter(([segment]) => lanOf(segment, plan) === lan);
  const whose = cluster.includes(nlbs) ? 'cluster' : 'load balancers';
  const held = nlbsLan(plan) === lan ? [`${whose} ${nlbs}`] : [];
  return [...firewalls.map(([, address]) => `firewalls ${address}`), ...held];
}

function nlbsLan({ addresses, segments }: Plan): string | undefined {
  const address = parseIpv4(addresses.nlbs) ?? 0;
  const holds = (cidr: Cidr) => {
    const subnet = parseCidr(cidr);
    return subnet && contains({ network: subnet.address, prefixLength: subnet.prefixLength }, address);
  };
  return segments.find(({ subnet }) => holds(subnet))?.lan;
}

function lanIndexes(node: NodePlan, plan: Plan, bars: LanBar[]): number[] {
  return node.legs.map(({ segment }) => bars.findIndex(({ name }) => name === lanOf(segment, plan)));
}

function place(node: NodePlan, lans: number[], taken: Set<string>): Place {
  const first = Math.min(...lans);
  const last = Math.max(...lans);
  const row = first === 0 && last === 0 ? 0 : first + 1;
  const rows = Array.from({ length: Math.max(last - row, 0) + 1 }, (_, index) => row + index);
  let column = 0;
  while (rows.some((r) => taken.has(`${r} ${column}`))) column += 1;
  for (const r of rows) taken.add(`${r} ${column}`);
  return { node, row, column };
}
