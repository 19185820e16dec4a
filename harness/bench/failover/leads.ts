import { eventLines } from '../../check/event-lines.ts';
import { NS_PER_MS } from '../../check/span.ts';
import type { HistoryEvent } from '../../history/event.ts';

/** A time in which a node held the lead and its lease, by its own event log. */
export interface Lead {
  fromNs: number;
  /** Infinity while it lasts. */
  untilNs: number;
}

/** Under which name a trial's readings of the nodes' event logs are in its history. */
export const LOG_READING = 'of the trial';

/** The leads of a node, as far as its log was read. One that it slept through ended with its lease, not with its waking up. */
export function leadsOf(events: readonly HistoryEvent[], node: string): Lead[] {
  const changes = eventLines(events, { node, reading: LOG_READING }, 'state');
  return changes.flatMap(({ event, fields }, index): Lead[] => {
    if (fields.state !== 'active') return [];
    const next = changes[index + 1];
    const untilNs = next ? next.event.atNs - leaseOverNs(next.fields) : Number.POSITIVE_INFINITY;
    return [{ fromNs: event.atNs, untilNs }];
  });
}

function leaseOverNs({ lost }: Record<string, unknown>): number {
  const overMs = (lost as { leaseOverMs?: unknown } | undefined)?.leaseOverMs;
  return typeof overMs === 'number' ? overMs * NS_PER_MS : 0;
}

export const holds = ({ fromNs, untilNs }: Lead, atNs: number): boolean => fromNs <= atNs && atNs < untilNs;
