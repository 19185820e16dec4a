import type { LegPlan, NodePlan, Plan } from '../topology/plan.ts';
import type { LabNames } from './names.ts';

/**
 * The texts that `ip -batch` gets to make a lab, as pure functions of the plan. One text runs in the host's namespace and
 * makes namespaces only; all others run inside the lab's own.
 */

/** One line for each namespace. */
export function namespaces(all: readonly string[]): string {
  return lines(all.map((netns) => `netns add ${netns}`));
}

/**
 * The switch of one LAN, run inside the LAN's namespace: a bridge that forwards at once and floods multicast, and a veth
 * pair to each leg, whose other end is born in the node's namespace, so that nothing ever appears on the host.
 */
export function lan(plan: Plan, names: LabNames, lanName: string): string {
  const made = [`link add ${lanName} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`];
  for (const [index, { node, leg }] of legsOnLan(plan, lanName).entries())
    made.push(...cable(names.node(node.name), leg, lanName, groupOf(index)));
  return lines([...made, 'link set lo up', `link set ${lanName} up`]);
}

/** Of so many cables: the kernel unmakes those of one group together, in one hold of its lock. */
const GROUP_SIZE = 3;
const groupOf = (index: number): number => 1 + Math.floor(index / GROUP_SIZE);

/** Run inside the LAN's namespace: its cables go, each with its end in a node, one group after the other, and then the switch. */
export function lanUnmade(plan: Plan, lanName: string): string {
  const groups = new Set(legsOnLan(plan, lanName).map((_, index) => groupOf(index)));
  return lines([...[...groups].map((group) => `link delete group ${group}`), `link delete ${lanName}`]);
}

/** The leg's end in its node is not up yet, and has no address. */
const cable = (netns: string, { port, name, mac }: LegPlan, lanName: string, group: number): string[] => [
  `link add ${port} group ${group} gro_max_size 1 type veth peer name ${name} address ${mac} netns ${netns}`,
  `link set ${port} master ${lanName} up`,
];

/** Run inside the LAN's namespace: the leg goes, and is born again in its node, as another interface of the same name. */
export const cableAnew = (netns: string, leg: LegPlan, lanName: string): string =>
  lines([`link delete ${leg.port}`, ...cable(netns, leg, lanName, groupOf(0))]);

/** Run inside the node's namespace: what a leg needs that was made anew. */
export const legAnew = (plan: NodePlan, leg: LegPlan): string =>
  lines([...legText(leg), ...plan.routes.filter((route) => route.leg === leg.name).map(routeText)]);

const legText = ({ name, address }: LegPlan): string[] => [`address add ${address} dev ${name}`, `link set ${name} up`];

const routeText = ({ to, via, leg, onlink }: NodePlan['routes'][number]): string =>
  `route add ${to} via ${via} dev ${leg}${onlink ? ' onlink' : ''}`;

/** Addresses and routes of one node, run inside its namespace. */
export function node(plan: NodePlan): string {
  return lines([
    'link set lo up',
    ...plan.loopback.map((address) => `address add ${address} dev lo`),
    ...plan.legs.flatMap(legText),
    ...plan.routes.map(routeText),
  ]);
}

/** The LANs of a plan, each once. */
export function lansOf(plan: Plan): string[] {
  return [...new Set(plan.segments.map((segment) => segment.lan))];
}

/** Every leg that is plugged into a LAN, with its node. */
export function legsOnLan(plan: Plan, lanName: string): { node: NodePlan; leg: LegPlan }[] {
  const segments = new Set(plan.segments.filter((segment) => segment.lan === lanName).map((segment) => segment.name));
  return plan.nodes.flatMap((node) =>
    node.legs.filter((leg) => segments.has(leg.segment)).map((leg) => ({ node, leg })),
  );
}

const lines = (commands: string[]): string => `${commands.join('\n')}\n`;
