import type { HistoryEvent, NeighbourChanged } from '../history/event.ts';
import type { ArpSeen } from './seen.ts';

/**
 * How late the readers of table events were at a takeover, in nanoseconds: the longest time from an announcement's arrival at
 * a node (the kernel's stamp) to the event, as it was read, of the entry that it replaced there. Zero when no entry was
 * replaced. The readers run alike on every node, so that what holds one up (a kernel that does not preempt) holds up others.
 */
export function readerDelayNs(all: readonly HistoryEvent[], heard: readonly ArpSeen[], address: string): number {
  const arrivals = Map.groupBy(heard, ({ event }) => event.node);
  const delays = [...arrivals].map(([node, announcements]) => {
    const [first] = announcements;
    const read = first && replacement(all, node, address, first.arp.senderMac, first.event.atNs);
    return read === undefined || first === undefined ? 0 : read.atNs - first.event.atNs;
  });
  return Math.max(0, ...delays);
}

/** The event from `sinceNs` on by which the node's entry for the address went from another hardware address to `mac`. */
function replacement(
  all: readonly HistoryEvent[],
  node: string,
  address: string,
  mac: string,
  sinceNs: number,
): NeighbourChanged | undefined {
  const entries = all.filter(
    (event): event is NeighbourChanged =>
      event.kind === 'neighbour' && event.node === node && event.address === address && event.mac !== undefined,
  );
  const next = entries.findIndex((entry) => entry.atNs >= sinceNs);
  const [before, after] = [entries[next - 1], entries[next]];
  return before && after && before.mac !== mac && after.mac === mac ? after : undefined;
}
