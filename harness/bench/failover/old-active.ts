import { announcementsFrom } from '../../check/announcement.ts';
import { arpsOf, packetsOf } from '../../check/seen.ts';
import type { HistoryEvent } from '../../history/event.ts';
import { holds, type Lead, leadsOf } from './leads.ts';
import type { Endpoints } from './measurement.ts';

/** What the old active sent after the new one's announcement: by right, under a lease that it had regained, or not. */
export interface OldAfterwards {
  sentNs: number[];
  ledNs: number[];
}

interface Sent {
  atNs: number;
  kind: 'claim' | 'packet';
}

/** @param since from the fault on; of the event logs, what was read of either node */
export function oldActiveAfterwards(since: readonly HistoryEvent[], endpoints: Endpoints): OldAfterwards {
  const announcedNs = announcementsFrom(since, endpoints.newActive.access, endpoints.nlbs).map(
    ({ event }) => event.atNs,
  );
  const [takenOverNs] = announcedNs;
  if (takenOverNs === undefined) return { sentNs: [], ledNs: [] };
  const own = leadsOf(since, endpoints.oldActive.access.node);
  const others = leadsOf(since, endpoints.newActive.access.node);
  const isCovered = (spoken: Sent) => own.some((lead) => covers(lead, spoken, { others, announcedNs }));
  const after = sentByOldActive(since, endpoints).filter(({ atNs }) => atNs > takenOverNs);
  const { led = [], sent = [] } = Object.groupBy(after, (spoken) => (isCovered(spoken) ? 'led' : 'sent'));
  return { sentNs: sent.map(({ atNs }) => atNs), ledNs: led.map(({ atNs }) => atNs) };
}

/**
 * A lead covers what is sent while it lasts and the other does not lead as well, by the logs of both. Once it is over, packets are
 * still forwarded until the successor announces itself, as in every handover. An announcement of the other ends it in any case:
 * so the lead that was taken over covers nothing.
 */
function covers(
  lead: Lead,
  { atNs, kind }: Sent,
  { others, announcedNs }: { others: readonly Lead[]; announcedNs: readonly number[] },
): boolean {
  if (atNs < lead.fromNs || announcedNs.some((announced) => announced > lead.fromNs && announced < atNs)) return false;
  if (!holds(lead, atNs)) return kind === 'packet';
  return !others.some((other) => holds(other, atNs));
}

/** When the old active claimed the address or sent a packet on to a server. */
function sentByOldActive(events: readonly HistoryEvent[], { oldActive, nlbs, cluster }: Endpoints): Sent[] {
  const claims = arpsOf(events, { ...oldActive.access, direction: 'sent' }).filter(({ arp }) => arp.senderIp === nlbs);
  const forwarded = packetsOf(events, { ...oldActive.server, direction: 'sent' }).filter(
    ({ packet }) => packet.destination === cluster,
  );
  return [
    ...claims.map(({ event: { atNs } }) => ({ atNs, kind: 'claim' as const })),
    ...forwarded.map(({ event: { atNs } }) => ({ atNs, kind: 'packet' as const })),
  ];
}
