import { networkInterfaces } from 'node:os';
import type { LabNode } from '../node/node.ts';
import { readJson } from './census.ts';
import type { Lab } from './lab.ts';

/**
 * Who leads, by what the network shows, whatever the system under test is: the NLBS address is on an interface of the node; where
 * two have it, as after a crash, firewalls find it at one of them by the last ARP packet that named it. What the nodes say of
 * themselves must agree, where they say anything: an address comes a moment before or after its node has a state.
 */
export type Place = 'active' | 'standby';

export function holds(node: LabNode, address: string): boolean {
  const interfaces = node.inside(networkInterfaces);
  return Object.values(interfaces).some((addresses = []) => addresses.some((one) => one.address === address));
}

/** The load balancers that have the NLBS address. */
export const holdersIn = (lab: Lab): LabNode[] =>
  lab.nodes('nlb').filter((node) => holds(node, lab.plan.addresses.nlbs));

/**
 * Undefined while the node is neither, or nothing tells which of them it is.
 * @param wanted the only place that matters: a node that is elsewhere by its addresses is not asked, which takes it a millisecond
 */
export async function placeOf(lab: Lab, node: LabNode, wanted?: Place): Promise<Place | undefined> {
  const holders = holdersIn(lab);
  const place = holders.includes(node) ? 'active' : 'standby';
  if (wanted !== undefined && place !== wanted) return undefined;
  if (place === 'active' && holders.length > 1 && (await answererOf(lab, holders)) !== node) return undefined;
  const { role } = lab.system.can;
  return role === undefined || (await role(node)) === place ? place : undefined;
}

interface Neighbour {
  lladdr?: string;
}

/** The one of the holders at whose hardware address every firewall finds the address. */
async function answererOf(lab: Lab, holders: readonly LabNode[]): Promise<LabNode | undefined> {
  const words = ['ip', '-json', 'neigh', 'show', lab.plan.addresses.nlbs];
  const found = await Promise.all(lab.nodes('firewall').map((firewall) => readJson<Neighbour>(firewall, words)));
  const macs = new Set(found.flat().flatMap(({ lladdr }) => lladdr ?? []));
  const [mac] = macs;
  return macs.size === 1 ? holders.find((node) => node.inside(networkInterfaces).access?.[0]?.mac === mac) : undefined;
}
