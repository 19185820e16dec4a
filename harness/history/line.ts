import type { FrameSeen, HistoryEvent } from './event.ts';

/** One event as one line of JSON; a frame's bytes as base64. */
export function toLine(event: HistoryEvent): string {
  if (event.kind !== 'frame') return `${JSON.stringify(event)}\n`;
  const { bytes, ...rest } = event;
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return `${JSON.stringify({ ...rest, bytes: base64 })}\n`;
}

/** What the first line of a file of history says. */
const FORMAT = { format: 'onevip history', version: 1, clock: 'CLOCK_MONOTONIC', unit: 'ns' };

/** @param startedNs the reading of that clock at which the history begins, and from which its instants count */
export const headerLine = (startedNs: bigint): string =>
  `${JSON.stringify({ ...FORMAT, startedNs: String(startedNs) })}\n`;

/** Why the events that follow cannot be read, or undefined when they can. */
export function headerProblem(line: string | undefined): string | undefined {
  const header: unknown = line === undefined ? undefined : parsed(line);
  const fields = typeof header === 'object' && header !== null ? new Map(Object.entries(header)) : new Map();
  const other = Object.entries(FORMAT).find(([name, value]) => fields.get(name) !== value);
  return other && `its first line does not say ${other[0]} ${other[1]}`;
}

type Kind = HistoryEvent['kind'];

/** A record, so that the compiler misses no kind. */
const KINDS: Record<Kind, true> = {
  frame: true,
  address: true,
  neighbour: true,
  act: true,
  probe: true,
  served: true,
  census: true,
  script: true,
  logged: true,
  counted: true,
  standstill: true,
  watched: true,
};

/** The event that `toLine` wrote. @returns undefined when the text is none */
export function fromLine(line: string): HistoryEvent | undefined {
  const value = parsed(line);
  if (!isEvent(value)) return undefined;
  return value.kind === 'frame' ? withBytes(value) : value;
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** The rest of the fields is trusted: only this program writes these files. */
function isEvent(value: unknown): value is HistoryEvent {
  if (typeof value !== 'object' || value === null) return false;
  if (!('kind' in value && typeof value.kind === 'string' && Object.hasOwn(KINDS, value.kind))) return false;
  return 'atNs' in value && typeof value.atNs === 'number';
}

function withBytes(frame: FrameSeen): FrameSeen {
  return { ...frame, bytes: new Uint8Array(Buffer.from(String(frame.bytes), 'base64')) };
}
