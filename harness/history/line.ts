import type { HistoryEvent } from './event.ts';

/** One event as one line of JSON; a frame's bytes as base64. */
export function toLine(event: HistoryEvent): string {
  if (event.kind !== 'frame') return `${JSON.stringify(event)}\n`;
  const { bytes } = event;
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `{"kind":"frame","atNs":${event.atNs},"lan":${quoted(event.lan)},"node":${quoted(event.node)},"leg":${quoted(event.leg)},"direction":"${event.direction}","bytes":"${base64}"}\n`;
}

/** Frames are nearly all of a history, and have few names: written out like this, one takes half the time (2 µs and 1 µs were measured). */
const quotedNames = new Map<string, string>();
function quoted(name: string): string {
  const known = quotedNames.get(name) ?? JSON.stringify(name);
  quotedNames.set(name, known);
  return known;
}

/**
 * What the first line of a file of history says. The version is that of the events' schema, history.schema.json.
 *
 * Version 2 has the beginnings and ends of tests as events of their own, and refuses fields that it does not know.
 */
const FORMAT = { format: 'onevip history', version: 2, clock: 'CLOCK_MONOTONIC', unit: 'ns' };

/** @param startedNs the reading of that clock at which the history begins, and from which its instants count */
export const headerLine = (startedNs: bigint): string =>
  `${JSON.stringify({ ...FORMAT, startedNs: String(startedNs) })}\n`;

/** Why the events that follow cannot be read, or undefined when they can. */
export function headerProblem(line: string | undefined): string | undefined {
  const header = line === undefined ? undefined : parsed(line);
  const fields = typeof header === 'object' && header !== null ? new Map(Object.entries(header)) : new Map();
  const other = Object.entries(FORMAT).find(([name, value]) => fields.get(name) !== value);
  if (other?.[0] === 'version')
    return `it is of version ${fields.get('version')}, and this program reads ${FORMAT.version}`;
  return other && `its first line does not say ${other[0]} ${other[1]}`;
}

/** @returns undefined when the text is no JSON */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
