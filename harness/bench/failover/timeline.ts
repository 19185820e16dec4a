import { announcementsFrom } from '../../check/announcement.ts';
import { datagramsOf } from '../../check/datagrams.ts';
import type { Port } from '../../check/seen.ts';
import { findAct, NS_PER_MS } from '../../check/span.ts';
import type { HistoryEvent } from '../../history/event.ts';
import { type Cast, STRIKE } from './measurement.ts';

/**
 * How a takeover went, in milliseconds: who was late, and by how much. Heartbeats tell, for a node's beat thread does all of
 * the takeover between two of them.
 */
export interface Story {
  /** From the fault to the last heartbeat that the old active sent before the announcement. Negative: before the fault. */
  lastBeatMs?: number;
  /** The longest pause between heartbeats of the old active, in the time before the fault. */
  oldPausedMs: number;
  /** The longest pause between heartbeats of the standby, from the fault to the announcement (or the end). */
  freshPausedMs: number;
  /** From the old active's last heartbeat to the announcement. */
  decidedAfterMs?: number;
}

export function tell(events: readonly HistoryEvent[], { old, fresh, nlbs, beatsTo }: Cast): Story {
  const struckNs = findAct(events, { what: STRIKE })?.atNs ?? 0;
  const since = events.filter(({ atNs }) => atNs >= struckNs);
  const announcedNs = announcementsFrom(since, fresh.access, nlbs)[0]?.event.atNs;
  const endNs = announcedNs ?? events.at(-1)?.atNs ?? struckNs;
  const oldBeats = beatsOf(events, [old.access, old.server], beatsTo);
  const freshBeats = beatsOf(events, [fresh.access, fresh.server], beatsTo);
  const before = (atNs: number) => atNs <= struckNs;
  const last = oldBeats.findLast((atNs) => atNs <= endNs);
  const during = freshBeats.filter((atNs) => atNs > struckNs && atNs < endNs);
  return {
    ...(last !== undefined && { lastBeatMs: (last - struckNs) / NS_PER_MS }),
    oldPausedMs: longestPauseMs(oldBeats.filter(before)),
    freshPausedMs: longestPauseMs([freshBeats.findLast(before) ?? struckNs, ...during, endNs]),
    ...(last !== undefined && announcedNs !== undefined && { decidedAfterMs: (announcedNs - last) / NS_PER_MS }),
  };
}

function beatsOf(events: readonly HistoryEvent[], ports: readonly Port[], beatsTo: Cast['beatsTo']): number[] {
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
