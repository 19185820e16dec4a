import type { Mac } from './address.ts';
import { checkWithin, type Holders, readAddress } from './holder.ts';
import { broadcastOf, formatCidr } from './ipv4.ts';
import { checkDeviceName } from './name.ts';
import type { LegPlan } from './plan.ts';
import type { Path, Report } from './problem.ts';
import type { Segment, Segments } from './segment.ts';
import { findSegment } from './shared-address.ts';
import type { Station } from './station.ts';

/** A leg of a station, its addresses checked. */
export interface Leg {
  segment: Segment;
  address: number;
  path: Path;
}

/** Check and claim the addresses of a station's legs; legs that are wrong are reported and left out. */
export function resolveLegs(station: Station, segments: Segments, holders: Holders, report: Report): Leg[] {
  const path = [...station.path, 'legs'];
  const legs = Object.entries(station.sketch.legs);
  if (legs.length === 0) report.value(path, `${station.entry} has no legs`);
  return legs.flatMap(
    ([name, text]) => resolveLeg(station, [...path, name], name, text, segments, holders, report) ?? [],
  );
}

function resolveLeg(
  station: Station,
  path: Path,
  name: string,
  text: string,
  segments: Segments,
  holders: Holders,
  report: Report,
): Leg | undefined {
  if (!segments.has(name)) {
    report.key(path, `unknown segment "${name}"`, `there are ${[...segments.keys()].join(', ')}`);
    return undefined;
  }
  const segment = findSegment(name, path, segments, report);
  const first = readAddress(text, path, report);
  if (!segment || first === undefined || !checkWithin(first, segment, path, report)) return undefined;
  const address = first + station.offset;
  if (address >= broadcastOf(segment)) return void tellRunOut(station, segment, report);
  holders.claim(address, station.name, path);
  return { segment, address, path };
}

/** Said once, for the first that finds no room. */
function tellRunOut(station: Station, segment: Segment, report: Report): void {
  const subnet = formatCidr(segment.network, segment.prefixLength);
  report.value([...station.path, 'count'], `the count runs out of ${subnet}, the subnet of segment ${segment.name}`);
}

/**
 * The name of each leg's other end, on the switch: the node's name where the node has one leg on that LAN, and otherwise
 * `node-leg`. Names are unique on each LAN.
 */
export function planLegs(stations: readonly { station: Station; legs: Leg[] }[], report: Report): LegPlan[][] {
  const taken = new Map<string, string>();
  return stations.map(({ station, legs }) => legs.map((leg) => planLeg(station, leg, legs, taken, report)));
}

function planLeg(station: Station, leg: Leg, legs: Leg[], taken: Map<string, string>, report: Report): LegPlan {
  const { segment, address } = leg;
  const alone = legs.filter((other) => other.segment.lan === segment.lan).length === 1;
  const port = alone ? station.name : `${station.name}-${segment.name}`;
  if (!alone) checkDeviceName(port, 'port', leg.path, report);
  const key = `${segment.lan} ${port}`;
  const other = taken.get(key);
  if (other && other !== station.name)
    report.key(leg.path, `the ports of ${other} and ${station.name} are both "${port}"`);
  taken.set(key, station.name);
  const name = segment.name;
  return { name, segment: name, port, mac: macOf(leg), address: formatCidr(address, segment.prefixLength) };
}

/**
 * A locally administered hardware address that says where it belongs: `02:00:`, the segment's number, and the number of the
 * station within its subnet, both in decimal digits. So 10.77.1.11/24 on the third segment has 02:00:03:00:00:11.
 */
function macOf({ segment, address }: Leg): Mac {
  const digits = (value: number, length: number) => String(value).padStart(length, '0');
  const host = digits(address - segment.network, 6);
  return `02:00:${digits(segment.index, 2)}:${host.slice(0, 2)}:${host.slice(2, 4)}:${host.slice(4)}` as Mac;
}
