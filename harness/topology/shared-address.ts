import { checkWithin, type Holders, readAddress } from './holder.ts';
import { broadcastOf, contains, formatIpv4 } from './ipv4.ts';
import { checkWhole } from './number.ts';
import type { Path, Report } from './problem.ts';
import type { Segment, Segments } from './segment.ts';
import type { Sketch, VrrpSketch } from './sketch.ts';

/** The addresses that belong to a pair or to the whole cluster, not to one node. */
export interface SharedAddresses {
  cluster: number[];
  nlbs: number | undefined;
  vrrp: VirtualRouter[];
}

/** The firewalls' virtual address on one segment. */
export interface VirtualRouter {
  segment: Segment;
  address: number;
  id: number;
}

/** Check the cluster addresses, the load balancers' address and the firewalls' addresses, and claim them. */
export function resolveShared(sketch: Sketch, segments: Segments, holders: Holders, report: Report): SharedAddresses {
  const cluster = clusterAddresses(sketch, segments, holders, report);
  const nlbs = nlbsAddress(sketch, segments, cluster, holders, report);
  const vrrp = sketch.vrrp.flatMap((v, index) => virtualRouter(v, ['vrrp', index], segments, holders, report) ?? []);
  checkOncePerSegment(sketch, report);
  checkIds(sketch, report);
  return { cluster, nlbs, vrrp };
}

function clusterAddresses(sketch: Sketch, segments: Segments, holders: Holders, report: Report): number[] {
  const texts = sketch.cluster?.addresses ?? [];
  if (sketch.cluster && texts.length === 0) report.value(['cluster', 'addresses'], 'a cluster needs an address');
  return texts.flatMap((text, index) => {
    const path = ['cluster', 'addresses', index];
    const address = readAddress(text, path, report);
    if (address === undefined || !holders.claim(address, 'the cluster', path)) return [];
    checkPlace(address, sketch.nlbs?.segment, segments, path, report);
    return [address];
  });
}

/** A cluster address may lie in a subnet (the prior art), but only where the load balancers can hold it. */
function checkPlace(address: number, nlbs: string | undefined, segments: Segments, path: Path, report: Report): void {
  const segment = [...segments.values()].find((s) => s && contains(s, address));
  if (!segment) return;
  const text = formatIpv4(address);
  if (segment.name !== nlbs) report.value(path, `${text} is in segment ${segment.name}, not where the nlbs address is`);
  const { network } = segment;
  if (address === network || address === broadcastOf(segment)) checkWithin(address, segment, path, report);
}

function nlbsAddress(sketch: Sketch, segments: Segments, cluster: number[], holders: Holders, report: Report) {
  if (!sketch.nlbs) return undefined;
  const path = ['nlbs', 'address'];
  const segment = findSegment(sketch.nlbs.segment, ['nlbs', 'segment'], segments, report);
  const address = readAddress(sketch.nlbs.address, path, report);
  if (address === undefined || (segment && !checkWithin(address, segment, path, report))) return undefined;
  if (!cluster.includes(address)) holders.claim(address, 'the load balancers', path);
  return address;
}

function virtualRouter(v: VrrpSketch | undefined, path: Path, segments: Segments, holders: Holders, report: Report) {
  if (!v) return undefined;
  const idIsRight = checkWhole(v.id, 1, 255, [...path, 'id'], report);
  const segment = findSegment(v.segment, [...path, 'segment'], segments, report);
  const at = [...path, 'address'];
  const address = readAddress(v.address, at, report);
  if (!segment || address === undefined || !checkWithin(address, segment, at, report)) return undefined;
  holders.claim(address, `the firewalls on ${segment.name}`, at);
  return idIsRight ? { segment, address, id: v.id } : undefined;
}

/** The segment of that name. Undefined, and reported, if there is none; undefined alone if it is wrong in itself. */
export function findSegment(name: string, path: Path, segments: Segments, report: Report): Segment | undefined {
  if (!segments.has(name)) {
    report.value(path, `unknown segment "${name}"`, `there are ${[...segments.keys()].join(', ')}`);
  }
  return segments.get(name);
}

function checkOncePerSegment(sketch: Sketch, report: Report): void {
  for (const [index, v] of sketch.vrrp.entries()) {
    const twice = v && sketch.vrrp.slice(0, index).some((other) => other?.segment === v.segment);
    if (twice) report.value(['vrrp', index, 'segment'], `segment ${v.segment} has a virtual router already`);
  }
}

/** RFC 9568 section 5.2.3: an id, and with it the virtual hardware address, is for one virtual router on a LAN. */
function checkIds(sketch: Sketch, report: Report): void {
  const lanOf = (v: VrrpSketch) => sketch.segments.get(v.segment)?.lan ?? v.segment;
  for (const [index, v] of sketch.vrrp.entries()) {
    const other = v && sketch.vrrp.slice(0, index).find((o) => o && o.id === v.id && lanOf(o) === lanOf(v));
    if (!other) continue;
    const message = `VRRP id ${v.id} is used on LAN ${lanOf(v)} already, by segment ${other.segment}`;
    report.value(['vrrp', index, 'id'], message);
  }
}
