import type { Cidr } from './address.ts';
import { Holders, readAddress } from './holder.ts';
import { formatCidr, formatIpv4 } from './ipv4.ts';
import { type Leg, planLegs, resolveLegs } from './leg.ts';
import { checkWord } from './name.ts';
import { checkPairs, planVrrp } from './pair.ts';
import type { LegPlan, NodePlan, Plan, PlanAddresses, SegmentPlan } from './plan.ts';
import { inTextOrder, type Problem, type Report, reportTo } from './problem.ts';
import { type RouteWords, resolveRoutes } from './route.ts';
import { resolveSegments, type Segments } from './segment.ts';
import { resolveServices } from './service.ts';
import { resolveShared, type SharedAddresses } from './shared-address.ts';
import { readSketch, type Sketch } from './sketch.ts';
import { readSource } from './source.ts';
import { expandStations, type Station } from './station.ts';

/**
 * Turn the text of a topology into a plan with every name and address worked out, or into every problem that it has.
 * `fileName` is for the problems; `servers` replaces the count of the servers. Never throws.
 */
export function readTopology(
  text: string,
  fileName: string,
  options: { servers?: number } = {},
): { plan: Plan } | { problems: Problem[] } {
  const { value, problems, locate } = readSource(text, fileName);
  const report = reportTo(problems, locate);
  const sketch = value === undefined ? undefined : readSketch(value, report);
  const plan = sketch && resolve(sketch, options.servers, report);
  return plan && problems.length === 0 ? { plan } : { problems: inTextOrder(problems) };
}

function resolve(sketch: Sketch, servers: number | undefined, report: Report): Plan | undefined {
  checkWord(sketch.name, 'topology', ['name'], report);
  const holders = new Holders(report);
  const segments = resolveSegments(sketch, report);
  const shared = resolveShared(sketch, segments, holders, report);
  checkPairs(sketch, report);
  const services = resolveServices(sketch, report);
  const stations = expandStations(sketch, servers, report).map((station) => {
    return { station, legs: resolveLegs(station, segments, holders, report) };
  });
  const plans = planLegs(stations, report);
  const words = { sketch, segments, shared, holders, complete: isComplete(sketch, shared, stations) };
  const nodes = stations.map(({ station, legs }, index) => planNode(station, legs, plans[index] ?? [], words, report));
  const addresses = planAddresses(shared);
  return addresses && { topology: sketch.name, nodes, segments: planSegments(segments), addresses, services };
}

function isComplete(sketch: Sketch, shared: SharedAddresses, stations: { station: Station; legs: Leg[] }[]): boolean {
  if (shared.nlbs === undefined || shared.vrrp.length < sketch.vrrp.length) return false;
  if ([...sketch.nodes.values()].includes(undefined)) return false;
  return stations.every(({ station, legs }) => legs.length === Object.keys(station.sketch.legs).length);
}

function planNode(station: Station, legs: Leg[], legPlans: LegPlan[], words: RouteWords, report: Report): NodePlan {
  const { sketch, name } = station;
  const { kind } = sketch;
  return {
    name,
    kind,
    legs: legPlans,
    loopback: loopbackOf(station, words.shared, report),
    routes: resolveRoutes(station, legs, words, report),
    forwards: kind === 'router' || kind === 'firewall',
    ...(kind === 'firewall' && sketch.priority !== undefined && words.shared.vrrp.length > 0
      ? { vrrp: planVrrp(sketch.priority, legs, words.shared) }
      : {}),
    ...(kind === 'nlb' ? { primary: sketch.primary ?? false } : {}),
  };
}

function loopbackOf(station: Station, shared: SharedAddresses, report: Report): Cidr[] {
  const addresses = station.sketch.loopback.flatMap((text, index) => {
    if (text === 'cluster') return shared.cluster;
    return readAddress(text, [...station.path, 'loopback', index], report) ?? [];
  });
  return addresses.map((address) => formatCidr(address, 32));
}

function planSegments(segments: Segments): SegmentPlan[] {
  return [...segments.values()].flatMap((segment) => {
    if (!segment) return [];
    const { name, lan, network, prefixLength } = segment;
    return [{ name, subnet: formatCidr(network, prefixLength), lan }];
  });
}

function planAddresses({ cluster, nlbs, vrrp }: SharedAddresses): PlanAddresses | undefined {
  if (nlbs === undefined) return undefined;
  return {
    cluster: cluster.map(formatIpv4),
    nlbs: formatIpv4(nlbs),
    vrrp: Object.fromEntries(vrrp.map((v) => [v.segment.name, formatIpv4(v.address)])),
  };
}
