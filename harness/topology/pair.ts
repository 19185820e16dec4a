import { formatIpv4 } from './ipv4.ts';
import type { Leg } from './leg.ts';
import { checkWhole } from './number.ts';
import type { VrrpPlan } from './plan.ts';
import type { Report } from './problem.ts';
import type { SharedAddresses } from './shared-address.ts';
import type { NodeSketch, Sketch } from './sketch.ts';

type Kind<K extends NodeSketch['kind']> = Extract<NodeSketch, { kind: K }>;

/** Check that there are two load balancers, one of them primary, where they must be; and two firewalls where VRRP is spoken. */
export function checkPairs(sketch: Sketch, report: Report): void {
  const complete = ![...sketch.nodes.values()].includes(undefined);
  const nlbs = ofKind(sketch, 'nlb');
  if (nlbs.length !== 2 && complete) report.key(['nodes'], `there must be two nodes of kind nlb, not ${nlbs.length}`);
  if (complete) checkPrimary(nlbs, report);
  for (const [name, node] of nlbs) {
    const segment = sketch.nlbs?.segment;
    if (!segment || segment in node.legs || !sketch.segments.has(segment)) continue;
    report.key(['nodes', name, 'legs'], `${name} has no leg on ${segment}, where the nlbs address is`);
  }
  checkFirewalls(ofKind(sketch, 'firewall'), complete, sketch, report);
}

function ofKind<K extends NodeSketch['kind']>(sketch: Sketch, kind: K): [string, Kind<K>][] {
  return [...sketch.nodes].flatMap(([name, node]) => (node?.kind === kind ? [[name, node as Kind<K>]] : []));
}

function checkPrimary(nlbs: [string, Kind<'nlb'>][], report: Report): void {
  const [first] = nlbs;
  const [one, two] = nlbs.filter(([, node]) => node.primary);
  if (first && !one) report.key(['nodes', first[0]], 'no load balancer is primary', 'write primary: true on one');
  if (one && two) report.value(['nodes', two[0], 'primary'], `${two[0]} and ${one[0]} are both primary`);
}

function checkFirewalls(firewalls: [string, Kind<'firewall'>][], complete: boolean, sketch: Sketch, report: Report) {
  for (const [name, { priority }] of firewalls) {
    if (priority !== undefined) checkWhole(priority, 1, 254, ['nodes', name, 'priority'], report);
    else if (sketch.vrrp.length > 0) report.key(['nodes', name], `priority of ${name} is missing`);
  }
  if (sketch.vrrp.length === 0) return;
  if (firewalls.length !== 2 && complete) {
    report.key(['vrrp'], `VRRP needs two nodes of kind firewall, not ${firewalls.length}`);
  }
  const [one, two] = firewalls;
  if (one && two && one[1].priority !== undefined && one[1].priority === two[1].priority) {
    report.value(['nodes', two[0], 'priority'], `${two[0]} and ${one[0]} have the same priority`);
  }
  checkVirtualLegs(firewalls, sketch, report);
}

function checkVirtualLegs(firewalls: [string, Kind<'firewall'>][], sketch: Sketch, report: Report): void {
  for (const [index, v] of sketch.vrrp.entries()) {
    for (const [name, node] of firewalls) {
      if (!v || v.segment in node.legs || !sketch.segments.has(v.segment)) continue;
      report.value(['vrrp', index, 'segment'], `${name} has no leg on segment ${v.segment}`);
    }
  }
}

/** A firewall's virtual routers: one on each of its legs that has a virtual address. */
export function planVrrp(priority: number, legs: Leg[], shared: SharedAddresses): VrrpPlan {
  const routers = shared.vrrp
    .filter((v) => legs.some((leg) => leg.segment === v.segment))
    .map(({ segment, id, address }) => ({ leg: segment.name, id, address, prefixLength: segment.prefixLength }));
  return { priority, routers: routers.map((r) => ({ ...r, address: formatIpv4(r.address) })) };
}
