import type { DropCause } from '../drop-causes.ts';

/** By the data path's outcomes; each that is a drop must be here, or it is declared by no test. */
const CAUSES: Record<string, DropCause> = {
  DROPPED_ARP_NO_LEASE: 'ARP without lease',
  DROPPED_ARP_CLUSTER: 'ARP for the cluster',
  DROPPED_ARP_SERVER_SIDE: 'ARP on the server side',
  DROPPED_SERVER_SIDE: 'server side',
  DROPPED_NO_BEAT: 'no heartbeat',
  DROPPED_BEAT_FLOOD: 'too many heartbeats',
  DROPPED_FLOODED: 'flooded',
  DROPPED_MALFORMED: 'malformed',
  DROPPED_FRAGMENT: 'fragment not served',
  DROPPED_TAGGED: 'tagged',
  DROPPED_NOT_SERVED: 'not served',
  DROPPED_NO_LEASE: 'no lease',
  DROPPED_NO_SERVER: 'no server',
  DROPPED_TOO_LONG: 'too long',
  DROPPED_NOT_SENT: 'not sent',
  DROPPED_SHED: 'shed',
  DROPPED_TOO_LONG_TO_HOLD: 'too long to hold',
};

/** Of `nlbctl status --json`. */
export interface DatapathShown {
  outcomes: Record<string, { packets: number }>;
  /** Of what was counted as forwarded; absent in user space, where it is an outcome. */
  unsent?: { packets: number } | { why: string };
}

/** Packets by cause; one that is not known here keeps its own name. */
export function dropsIn({ outcomes, unsent }: DatapathShown): Record<string, number> {
  const counts = Object.fromEntries(
    Object.entries(outcomes).flatMap(([outcome, { packets }]) =>
      outcome.startsWith('DROPPED_') ? [[CAUSES[outcome] ?? outcome, packets]] : [],
    ),
  );
  if (!unsent || !('packets' in unsent)) return counts;
  return { ...counts, ['not sent' satisfies DropCause]: (counts['not sent'] ?? 0) + unsent.packets };
}
