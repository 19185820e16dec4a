import type { EventLogged, HistoryEvent } from '../history/event.ts';

/** One reading of one node's event log. */
export interface Reading {
  node: string;
  reading: string;
}

/** A line of an event log that is one JSON object with what every line must have. */
export interface EventLine {
  event: EventLogged;
  seq: number;
  name: string;
  monotonicMs: number;
  fields: Record<string, unknown>;
}

/** The lines of a reading, in the order in which they were printed. Where it was made again (a test in rounds), those of the last time. */
export function linesOf(events: readonly HistoryEvent[], { node, reading }: Reading): EventLogged[] {
  const read = events.filter(
    (event): event is EventLogged => event.kind === 'logged' && event.node === node && event.reading === reading,
  );
  const lastNs = Math.max(...read.filter(({ index }) => index === 0).map(({ readNs }) => readNs));
  return read.filter(({ readNs }) => readNs >= lastNs).toSorted((one, other) => one.index - other.index);
}

/** @returns what is wrong with the line, where it is not what every line must be */
export function parseLine(event: EventLogged): EventLine | string {
  const fields = objectOf(event.text);
  if (!fields) return 'is no JSON object';
  const { seq, event: name, monotonicMs, time } = fields;
  if (typeof seq !== 'number' || !Number.isInteger(seq)) return 'has no sequence number';
  if (typeof name !== 'string') return 'does not name its event';
  if (typeof monotonicMs !== 'number') return 'has no monotonic instant';
  if (typeof time !== 'string' || Number.isNaN(Date.parse(time))) return 'has no time';
  return { event, seq, name, monotonicMs, fields };
}

function objectOf(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

/** The well-formed lines of one kind of event. */
export function eventLines(events: readonly HistoryEvent[], reading: Reading, name: string): EventLine[] {
  return linesOf(events, reading).flatMap((event) => {
    const line = parseLine(event);
    return typeof line !== 'string' && line.name === name ? [line] : [];
  });
}

/** What a line must say: at each place (`evidence.peer.hostRefuses`) just that, or a list with that in it. Plain data. */
export interface LinePattern {
  fields?: Record<string, unknown>;
  includes?: Record<string, unknown>;
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

export function fitsLine(line: Pick<EventLine, 'fields'>, { fields = {}, includes = {} }: LinePattern): boolean {
  const isIn = (list: unknown, wanted: unknown): boolean =>
    Array.isArray(list) && list.some((one) => same(one, wanted));
  return (
    Object.entries(fields).every(([place, wanted]) => same(fieldAt(line, place), wanted)) &&
    Object.entries(includes).every(([place, wanted]) => isIn(fieldAt(line, place), wanted))
  );
}

/** What a line says at a place: `evidence.peer.hostRefuses`. */
export function fieldAt({ fields }: Pick<EventLine, 'fields'>, place: string): unknown {
  let value: unknown = fields;
  for (const key of place.split('.')) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Record<string, unknown>)[key];
  }
  return value;
}
