import type { Place, Setting } from '../check/invariants/invariant.ts';
import { bare, isPrivate } from '../check/networks.ts';
import type { Plan } from '../topology/plan.ts';

/** What invariants must know of a lab, from its plan. */
export function settingOf({ nodes, segments, addresses }: Plan): Setting {
  const lanOf = (segment: string): string => segments.find(({ name }) => name === segment)?.lan ?? segment;
  const places: Place[] = nodes.flatMap(({ name: node, kind, legs }) =>
    legs.map(({ name: leg, segment, mac, address }) => {
      return { node, kind, leg, lan: lanOf(segment), mac, address: bare(address) };
    }),
  );
  const segmentsOf = (kind: Place['kind']): string[] =>
    nodes.filter((node) => node.kind === kind).flatMap(({ legs }) => legs.map(({ segment }) => segment));
  const clients = segmentsOf('client');
  const privateSegments = segments.filter(({ subnet }) => isPrivate(subnet)).map(({ name }) => name);
  return {
    cluster: addresses.cluster,
    nlbs: addresses.nlbs,
    clientSubnets: segments.filter(({ name }) => clients.includes(name)).map(({ subnet }) => subnet),
    privateLegs: [...new Set(legsOn(nodes, privateSegments))],
    places,
  };
}

const legsOn = (nodes: Plan['nodes'], segments: readonly string[]): string[] =>
  nodes.flatMap(({ legs }) => legs.filter(({ segment }) => segments.includes(segment)).map(({ name }) => name));
