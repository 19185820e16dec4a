import type { DropsRead, HistoryEvent, TestMarked } from '../../history/event.ts';
import { NS_PER_MS } from '../span.ts';

/** One run of a test, from its beginning to its end, or to the end of the history. */
export interface TestRun {
  title: string;
  fromNs: number;
  untilNs: number;
}

/** How many packets a node dropped by one cause between two readings of its counters; before the first one, since it was started. */
export interface Growth {
  cause: string;
  count: number;
  from?: DropsRead;
  to: DropsRead;
}

export function testRuns(all: readonly HistoryEvent[]): TestRun[] {
  const marks = all.filter((event): event is TestMarked => event.kind === 'test');
  const endNs = all.at(-1)?.atNs ?? 0;
  return marks
    .filter(({ phase }) => phase === 'begins')
    .map(({ title, atNs }) => {
      const end = marks.find((mark) => mark.phase === 'ends' && mark.title === title && mark.atNs >= atNs);
      return { title, fromNs: atNs, untilNs: end?.atNs ?? endNs };
    });
}

export const readingsOf = (all: readonly HistoryEvent[], node: string): DropsRead[] =>
  all.filter((event): event is DropsRead => event.kind === 'drops' && event.node === node);

/** What has grown from each reading of a node's counters to the next. */
export function growthsOf(readings: readonly DropsRead[]): Growth[] {
  return readings.flatMap((to, index) => {
    const from = readings[index - 1];
    const before = from && !beginsAnew(from, to) ? from.counts : {};
    return Object.entries(to.counts)
      .map(([cause, count]) => ({ cause, count: count - (before[cause] ?? 0), ...(from && { from }), to }))
      .filter(({ count }) => count > 0);
  });
}

/** The counting began anew between the two: another life says so, or a count is lower, as after two of them. */
const beginsAnew = (from: DropsRead, to: DropsRead): boolean =>
  (to.anew && to.life !== from.life) || Object.entries(from.counts).some(([cause, n]) => (to.counts[cause] ?? 0) < n);

/**
 * The tests that may have caused it: the one before whose successor the earlier reading was made, for what a test causes may come
 * after its end; and those that began and ended since. None of them where the lab was still being brought up.
 */
export function ownersOf({ from, to }: Growth, runs: readonly TestRun[]): TestRun[] {
  return runs.filter(({ fromNs, untilNs }, index) => {
    const nextNs = runs[index + 1]?.fromNs ?? Number.POSITIVE_INFINITY;
    const ranBefore = from !== undefined && fromNs <= from.atNs && from.atNs < nextNs;
    return ranBefore || (fromNs > (from?.atNs ?? 0) && untilNs <= to.atNs);
  });
}

/** Why not all that a node dropped is known: its counters were not read after the last test, or not before they began anew. */
export function unreadOf(node: string, all: readonly HistoryEvent[]): string | undefined {
  const readings = readingsOf(all, node);
  const [last, lastTest] = [readings.at(-1), testRuns(all).at(-1)];
  if (!last) return `nobody asked ${node} what it had dropped`;
  if (lastTest && last.atNs < lastTest.untilNs)
    return `nobody asked ${node} what it had dropped after "${lastTest.title}"`;
  const lost = readings.findIndex((to, index) => {
    const from = readings[index - 1];
    return from && !from.last && beginsAnew(from, to);
  });
  const from = readings[lost - 1];
  return from && `what ${node} dropped after ${Math.round(from.atNs / NS_PER_MS)} ms is counted nowhere: it began anew`;
}
