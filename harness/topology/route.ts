import type { Cidr } from './address.ts';
import { type Holders, readAddress } from './holder.ts';
import { contains, formatCidr, formatIpv4, parseCidr, parseIpv4, subnetOf } from './ipv4.ts';
import type { Leg } from './leg.ts';
import type { RoutePlan } from './plan.ts';
import type { Path, Report } from './problem.ts';
import type { Segments } from './segment.ts';
import type { SharedAddresses } from './shared-address.ts';
import type { RouteSketch, Sketch } from './sketch.ts';
import type { Station } from './station.ts';

/** What a route's words stand for. */
export interface RouteWords {
  sketch: Sketch;
  segments: Segments;
  shared: SharedAddresses;
  holders: Holders;
  /** Whether every address of the file could be read, so that one that nobody has is a mistake. */
  complete: boolean;
}

/** A station's routes with their words replaced by addresses. A route to the cluster is one for each cluster address. */
export function resolveRoutes(station: Station, legs: Leg[], words: RouteWords, report: Report): RoutePlan[] {
  const routes = station.sketch.routes.flatMap((route, index) => {
    const path = [...station.path, 'routes', index];
    const destinations = destinationsOf(route, path, words, report);
    const hop = nextHop(route.via, [...path, 'via'], words, report);
    const way = hop === undefined ? undefined : wayTo(hop, station, legs, words, [...path, 'via'], report);
    return way ? destinations.map((to) => ({ to, ...way, path })) : [];
  });
  for (const [index, { to, path }] of routes.entries()) {
    const twice = routes.slice(0, index).some((other) => other.to === to);
    if (twice) report.value([...path, 'to'], `${station.entry} has a route to ${to} already`);
  }
  return routes.map(({ to, via, leg, onlink }) => ({ to, via, leg, onlink }));
}

function destinationsOf(route: RouteSketch, path: Path, words: RouteWords, report: Report): (Cidr | 'default')[] {
  if (route.to === 'default') return ['default'];
  if (route.to === 'cluster') return words.shared.cluster.map((address) => formatCidr(address, 32));
  const at = [...path, 'to'];
  const cidr = parseCidr(route.to);
  if (!cidr) {
    report.value(at, `"${route.to}" is not a destination`, 'default, cluster, or a subnet such as 10.77.2.0/24');
    return [];
  }
  const { network } = subnetOf(cidr.address, cidr.prefixLength);
  const whole = formatCidr(network, cidr.prefixLength);
  if (network !== cidr.address) report.value(at, `${route.to} has host bits set`, `the subnet is ${whole}`);
  return [whole];
}

function nextHop(via: string, path: Path, words: RouteWords, report: Report): number | undefined {
  if (via === 'nlbs') return words.shared.nlbs;
  if (via.startsWith('vrrp.')) return virtualHop(via.slice('vrrp.'.length), path, words, report);
  if (parseIpv4(via) !== undefined) return readAddress(via, path, report);
  report.value(path, `"${via}" is not a next hop`, 'nlbs, vrrp.SEGMENT, or an address');
  return undefined;
}

function virtualHop(segment: string, path: Path, { shared, sketch }: RouteWords, report: Report): number | undefined {
  const address = shared.vrrp.find((v) => v.segment.name === segment)?.address;
  if (address !== undefined) return address;
  const known = sketch.vrrp.flatMap((v) => v?.segment ?? []);
  const reported = sketch.vrrp.includes(undefined) || known.includes(segment);
  if (!reported) {
    const hint = known.length > 0 ? `there are ${known.map((name) => `vrrp.${name}`).join(', ')}` : 'vrrp is empty';
    report.value(path, `there is no virtual router on segment "${segment}"`, hint);
  }
  return undefined;
}

/** The leg through which a next hop is reached: the one in its subnet, or one on its LAN (then `onlink`). */
function wayTo(hop: number, station: Station, legs: Leg[], words: RouteWords, path: Path, report: Report) {
  const via = formatIpv4(hop);
  if (legs.some((leg) => leg.address === hop)) return void report.value(path, `${via} is ${station.name} itself`);
  const way = legs.find((leg) => contains(leg.segment, hop)) ?? onLan(hop, legs, words.segments);
  const named = Object.keys(station.sketch.legs);
  if (!way && (legs.length === 0 || legs.length < named.length)) return undefined;
  if (!way) return void report.value(path, `${via} is on no LAN of ${station.entry}`, `its legs: ${named.join(', ')}`);
  if (words.complete && !words.holders.has(hop)) return void report.value(path, `nobody has the address ${via}`);
  return { via, leg: way.segment.name, onlink: !contains(way.segment, hop) };
}

function onLan(hop: number, legs: Leg[], segments: Segments): Leg | undefined {
  const theirs = [...segments.values()].find((segment) => segment && contains(segment, hop));
  return theirs && legs.find((leg) => leg.segment.lan === theirs.lan);
}
