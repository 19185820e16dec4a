import type { Acted, HistoryEvent } from '../history/event.ts';
import { partChecker } from './claim.ts';
import { unknown } from './verdict.ts';

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
  'drops',
  'standstill',
  'starved',
  'test',
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
export const between = partChecker(function between(span: Partial<Span>, claim) {
  return (during, all = during) => claim(within(span, during), all);
});

function within({ fromNs = -Infinity, untilNs = Infinity }: Partial<Span>, events: readonly HistoryEvent[]) {
  return events.filter(({ atNs }) => atNs >= fromNs && atNs <= untilNs);
}

/** Judge only what came after an act was over and had `afterMs` to work. Unknown when it was never done. */
export const after = partChecker(function after(filter: ActFilter & { afterMs?: number }, claim) {
  return (during, all = during) => {
    const act = findAct(during, filter);
    if (!act) return unknown(`${actText(filter)} was not done`);
    const fromNs = (act.untilNs ?? act.atNs) + (filter.afterMs ?? 0) * NS_PER_MS;
    return claim(within({ fromNs }, during), all);
  };
});

/** Judge all that was seen since the lab was made, and not only what was since the test began. */
export const fromTheStart = partChecker(function fromTheStart(_: Record<string, never>, claim) {
  return (during, all = during) => claim(all, all);
});
