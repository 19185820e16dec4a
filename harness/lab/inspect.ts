import { devicesOf } from './census.ts';
import type { Lab } from './lab.ts';

/** What `inspect --json` prints: the running lab, with names that work in commands. */
export interface Inspection {
  name: string;
  topology: string;
  system: string;
  driver: string;
  nodes: Record<string, InspectedNode>;
  segments: Record<string, { subnet: string; netns: string; bridge: string; nodes: string[] }>;
  addresses: { cluster: string[]; nlbs: string; vrrp: Record<string, string> };
}

interface InspectedNode {
  kind: string;
  netns: string;
  interfaces: Record<string, { device: string; mac?: string; addresses: string[] }>;
}

/** Reads the lab as it is now: hardware and IPv4 addresses are the kernel's, aliases included. */
export async function inspect(lab: Lab): Promise<Inspection> {
  const nodes = await Promise.all(
    lab.plan.nodes.map(async ({ name }) => [name, await inspectNode(lab, name)] as const),
  );
  return {
    name: lab.name,
    topology: lab.plan.topology,
    system: lab.state.system,
    driver: lab.state.driver,
    nodes: Object.fromEntries(nodes),
    segments: Object.fromEntries(lab.plan.segments.map((segment) => [segment.name, inspectSegment(lab, segment)])),
    addresses: lab.plan.addresses,
  };
}

async function inspectNode(lab: Lab, name: string): Promise<InspectedNode> {
  const node = lab.node(name);
  const devices = await devicesOf(node);
  return {
    kind: node.home.plan.kind,
    netns: node.home.handle.network,
    interfaces: Object.fromEntries(
      devices.map(({ device, mac, addresses }) => [
        device,
        { device, ...(mac ? { mac } : {}), addresses: addresses.map(({ address }) => address) },
      ]),
    ),
  };
}

function inspectSegment(lab: Lab, { name, subnet, lan }: Lab['plan']['segments'][number]) {
  const members = lab.plan.nodes.filter(({ legs }) => legs.some(({ segment }) => segment === name));
  return { subnet, netns: lab.switchOf(lan).network, bridge: lan, nodes: members.map((member) => member.name) };
}
