import { formatCidr, isUnicast, overlap, parseCidr, type Subnet, subnetOf } from './ipv4.ts';
import { checkDeviceName } from './name.ts';
import type { Report } from './problem.ts';
import type { SegmentSketch, Sketch } from './sketch.ts';

/** A segment whose subnet and LAN are known to be right. */
export interface Segment extends Subnet {
  name: string;
  /** From 1, in the order of the file. */
  index: number;
  lan: string;
}

/** By name; undefined for a segment that exists and has been reported as wrong. */
export type Segments = ReadonlyMap<string, Segment | undefined>;

/** Two decimal digits of a hardware address hold the index. */
const mostSegments = 99;
/** A longer prefix leaves no room for two stations; a shorter one is too big for the digits of a hardware address. */
const shortestPrefix = 16;
const longestPrefix = 30;

/** Check the segments and their subnets. */
export function resolveSegments(sketch: Sketch, report: Report): Segments {
  const segments = new Map<string, Segment | undefined>();
  if (sketch.segments.size > mostSegments) report.key(['segments'], `more than ${mostSegments} segments`);
  for (const [name, segment] of sketch.segments) {
    checkDeviceName(name, 'segment', ['segments', name], report);
    segments.set(name, segment && resolve(name, segment, segments, sketch, report));
  }
  return segments;
}

function resolve(name: string, from: SegmentSketch, before: Segments, sketch: Sketch, report: Report) {
  const lan = from.lan ?? name;
  checkLan(name, lan, sketch, report);
  const subnet = checkSubnet(name, from.subnet, report);
  if (!subnet) return undefined;
  checkOverlap(name, subnet, before, report);
  return { name, index: before.size + 1, lan, ...subnet };
}

function checkLan(name: string, lan: string, sketch: Sketch, report: Report): void {
  const path = ['segments', name, 'lan'];
  if (!sketch.segments.has(lan)) {
    report.value(path, `unknown segment "${lan}"`, `there are ${[...sketch.segments.keys()].join(', ')}`);
    return;
  }
  const further = sketch.segments.get(lan)?.lan ?? lan;
  if (further !== lan) report.value(path, `"${lan}" has no LAN of its own`, `it shares that of ${further}`);
}

function checkSubnet(name: string, text: string, report: Report): Subnet | undefined {
  const path = ['segments', name, 'subnet'];
  const cidr = parseCidr(text);
  if (!cidr) return void report.value(path, `"${text}" is not a subnet`, 'such as 10.77.1.0/24');
  const { prefixLength } = cidr;
  if (prefixLength < shortestPrefix || prefixLength > longestPrefix) {
    report.value(path, `a prefix length of ${prefixLength} is outside ${shortestPrefix} to ${longestPrefix}`);
    return undefined;
  }
  const subnet = subnetOf(cidr.address, prefixLength);
  if (subnet.network !== cidr.address) {
    report.value(path, `${text} has host bits set`, `the subnet is ${formatCidr(subnet.network, prefixLength)}`);
  } else if (!isUnicast(subnet.network)) {
    report.value(path, `${text} is not for stations: it is loopback, multicast or reserved`);
  }
  return subnet;
}

function checkOverlap(name: string, subnet: Subnet, before: Segments, report: Report): void {
  for (const other of before.values()) {
    if (!other || !overlap(subnet, other)) continue;
    const theirs = formatCidr(other.network, other.prefixLength);
    const ours = formatCidr(subnet.network, subnet.prefixLength);
    report.value(['segments', name, 'subnet'], `${ours} overlaps ${theirs} of segment ${other.name}`);
  }
}
