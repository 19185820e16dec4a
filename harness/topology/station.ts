import { checkDeviceName } from './name.ts';
import { checkWhole } from './number.ts';
import type { Path, Report } from './problem.ts';
import type { NodeSketch, Sketch } from './sketch.ts';

/** One machine: an entry of `nodes`, or one of the several that an entry with a count stands for. */
export interface Station {
  name: string;
  /** The name of its entry: `server` for `server1`. Problems that all machines of an entry share are said of the entry. */
  entry: string;
  sketch: NodeSketch;
  /** The entry that it comes from. */
  path: Path;
  /** 0 for the first of an entry; its addresses are that many above those written. */
  offset: number;
}

/** A Linux bridge has 1,024 ports. */
const largestCount = 1000;

/**
 * The machines, in the order of the file. `servers` replaces the count of the server entry that has one: `server` with a
 * count of 3 is `server1`, `server2`, `server3`.
 */
export function expandStations(sketch: Sketch, servers: number | undefined, report: Report): Station[] {
  if (servers !== undefined) checkServers(sketch, servers, report);
  const stations = [...sketch.nodes].flatMap(([name, node]) => (node ? expand(name, node, servers, report) : []));
  checkNames(stations, sketch, report);
  return stations;
}

function checkServers(sketch: Sketch, servers: number, report: Report): void {
  const counted = [...sketch.nodes].filter(([, node]) => node?.kind === 'server' && node.count !== undefined);
  if (counted.length === 1) return;
  const why = counted.length === 0 ? 'no server has a count' : 'more than one server has a count';
  report.key(['nodes'], `a number of servers (${servers}) cannot be chosen here: ${why}`);
}

function expand(name: string, sketch: NodeSketch, servers: number | undefined, report: Report): Station[] {
  const path = ['nodes', name];
  const written = 'count' in sketch ? sketch.count : undefined;
  if (written === undefined) {
    checkDeviceName(name, 'node', path, report);
    return [{ name, entry: name, sketch, path, offset: 0 }];
  }
  const count = (sketch.kind === 'server' ? servers : undefined) ?? written;
  if (!checkWhole(count, 1, largestCount, [...path, 'count'], report)) return [];
  checkDeviceName(`${name}${count}`, 'node', path, report);
  return Array.from({ length: count }, (_, offset) => ({
    name: `${name}${offset + 1}`,
    entry: name,
    sketch,
    path,
    offset,
  }));
}

/** A name is one thing only: commands take the name of a node or of a segment. */
function checkNames(stations: Station[], sketch: Sketch, report: Report): void {
  const seen = new Set<string>();
  for (const { name, path } of stations) {
    if (sketch.segments.has(name)) report.key(path, `"${name}" is the name of a segment already`);
    if (seen.has(name)) report.key(path, `there are two nodes named "${name}"`);
    seen.add(name);
  }
}
