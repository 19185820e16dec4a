import { announcementsFrom } from '../../check/announcement.ts';
import { datagramsOf } from '../../check/datagrams.ts';
import type { Port } from '../../check/seen.ts';
import { findAct, NS_PER_MS } from '../../check/span.ts';
import type { HistoryEvent } from '../../history/event.ts';
import { type Endpoints, INJECTION } from './measurement.ts';

/**
 * How a takeover went, in milliseconds: who was late, and by how much. Heartbeats timelineOf, for a node's beat thread does all of
 * the takeover between two of them.
 */
export interface Timeline {
  /** From the fault to the last heartbeat that the old active sent before the announcement. Negative: before the fault. */
  lastBeatMs?: number;
  /** The longest pause between heartbeats of the old active, in the time before the fault. */
  oldActivePausedMs: number;
  /** The longest pause between heartbeats of the standby, from the fault to the announcement (or the end). */
  newActivePausedMs: number;
  /** From the old active's last heartbeat to the announcement. */
  decidedAfterMs?: number;
}

export function timelineOf(
  events: readonly HistoryEvent[],
  { oldActive, newActive, nlbs, beatsTo }: Endpoints,
): Timeline {
  const injectedNs = findAct(events, { what: INJECTION })?.atNs ?? 0;
  const since = events.filter(({ atNs }) => atNs >= injectedNs);
  const announcedNs = announcementsFrom(since, newActive.access, nlbs)[0]?.event.atNs;
  const endNs = announcedNs ?? events.at(-1)?.atNs ?? injectedNs;
  const oldActiveBeats = beatsOf(events, [oldActive.access, oldActive.server], beatsTo);
  const newActiveBeats = beatsOf(events, [newActive.access, newActive.server], beatsTo);
  const before = (atNs: number) => atNs <= injectedNs;
  const last = oldActiveBeats.findLast((atNs) => atNs <= endNs);
  const during = newActiveBeats.filter((atNs) => atNs > injectedNs && atNs < endNs);
  return {
    ...(last !== undefined && { lastBeatMs: (last - injectedNs) / NS_PER_MS }),
    oldActivePausedMs: longestPauseMs(oldActiveBeats.filter(before)),
    newActivePausedMs: longestPauseMs([newActiveBeats.findLast(before) ?? injectedNs, ...during, endNs]),
    ...(last !== undefined && announcedNs !== undefined && { decidedAfterMs: (announcedNs - last) / NS_PER_MS }),
  };
}

function beatsOf(events: readonly HistoryEvent[], ports: readonly Port[], beatsTo: Endpoints['beatsTo']): number[] {
  if (beatsTo === undefined) return [];
  return ports
    .flatMap((port) => datagramsOf(events, { ...port, direction: 'sent' }, beatsTo))
    .map(({ atNs }) => atNs)
    .toSorted((one, other) => one - other);
}

function longestPauseMs(instants: readonly number[]): number {
  const pauses = instants.slice(1).map((atNs, index) => atNs - (instants[index] ?? atNs));
  return Math.max(0, ...pauses) / NS_PER_MS;
}
