import type { Acted, HistoryEvent } from '../history/event.ts';
import { type Checker, unknown } from './verdict.ts';

/** A stretch of the history's time. */
export interface Span {
  fromNs: number;
  untilNs: number;
}

export const NS_PER_MS = 1_000_000;

export function toMs(ns: number): string {
  return `${Number((ns / NS_PER_MS).toFixed(3))} ms`;
}

/** Things that the harness read afterwards, whose instants say little about how long it looked. */
const NOT_COUNTED: readonly HistoryEvent['kind'][] = [
  'watched',
  'census',
  'served',
  'script',
  'logged',
  'counted',
  'standstill',
];

/** From the first to the last thing done or seen. @returns undefined when there is none */
export function spanOf(events: readonly HistoryEvent[]): Span | undefined {
  let span: Span | undefined;
  for (const { kind, atNs } of events) {
    if (NOT_COUNTED.includes(kind)) continue;
    if (span) span.untilNs = Math.max(span.untilNs, atNs);
    else span = { fromNs: atNs, untilNs: atNs };
  }
  return span;
}

/** Something that the harness did: by its words, and by its node where that matters. */
export interface ActFilter {
  what: string;
  node?: string;
}

export function findAct(events: readonly HistoryEvent[], { what, node }: ActFilter): Acted | undefined {
  return events.find(
    (event): event is Acted =>
      event.kind === 'act' && event.what === what && (node === undefined || event.node === node),
  );
}

export function actText({ what, node }: ActFilter): string {
  return node === undefined ? `"${what}"` : `"${what}" on ${node}`;
}

/** Judge only what lies between two instants, both included. */
export function between(span: Partial<Span>, checker: Checker): Checker {
  const { fromNs = Number.NEGATIVE_INFINITY, untilNs = Number.POSITIVE_INFINITY } = span;
  return (during, all = during) =>
    checker(
      during.filter((event) => event.atNs >= fromNs && event.atNs <= untilNs),
      all,
    );
}

/** Judge only what came after an act was over and had `afterMs` to work. Unknown when it was never done. */
export function after(filter: ActFilter & { afterMs?: number }, checker: Checker): Checker {
  return (during, all = during) => {
    const act = findAct(during, filter);
    if (!act) return unknown(`${actText(filter)} was not done`);
    const fromNs = (act.untilNs ?? act.atNs) + (filter.afterMs ?? 0) * NS_PER_MS;
    return between({ fromNs }, checker)(during, all);
  };
}
