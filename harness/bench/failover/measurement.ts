import { announcementsFrom } from '../../check/announcement.ts';
import { probesOf, silentTime } from '../../check/probes.ts';
import { type PacketSeen, type Port, packetsOf } from '../../check/seen.ts';
import { findAct, NS_PER_MS } from '../../check/span.ts';
import type { HistoryEvent, ProbeEnded } from '../../history/event.ts';
import { decodeAnswer, decodeRequest } from '../../traffic/frame.ts';
import { summarise } from '../summary.ts';
import { oldActiveAfterwards } from './old-active.ts';

/** Who is who in a trial, and where each is plugged in. */
export interface Endpoints {
  client: Port;
  cluster: string;
  /** Of the service that the datagrams go to. */
  port: number;
  /** The address that the pair shares. */
  nlbs: string;
  /** The active when the fault was injected, and the standby. */
  oldActive: { access: Port; server: Port };
  newActive: { access: Port; server: Port };
  /** What the pair's heartbeats are sent to, where it has such. */
  beatsTo: number | 'vrrp' | undefined;
  /** How many datagrams are to leave the client each second. */
  perSecond: number;
  /** A datagram that is answered later than this counts as lost. */
  timeoutMs: number;
}

/** What the frames on the ports, and the client, say of one trial. */
export interface Measurement {
  /** Datagrams that left the client. */
  sent: number;
  /** Datagrams without an answer on the client's port, and messages of connections without one at the client. */
  lost: number;
  /** From the last answered datagram before the longest silence to the first answered after it, by their time stamps. */
  outageMs: number;
  /** When that last answered datagram was sent, after the fault began. Negative: before. */
  outageFromMs: number;
  /** Connections that the cluster reset or refused. */
  resets: number;
  /** When the standby announced the address, after the fault began; absent when it did not. */
  announcedAfterMs?: number;
  /**
   * Claims to the address, and packets for the cluster, that the old active sent after that announcement; but those that are
   * covered by a lease that it had regained are in `framesUnderRegainedLease`.
   */
  framesFromOldActive: number;
  framesUnderRegainedLease: number;
  /** How long after the announcement the last of them was. */
  oldActiveSentForMs: number;
  /** Changes of state after the fault began, as the state scripts were told: `nlb2 standby → active: nlb1 resigned`. */
  changes: string[];
  prober: Punctuality;
}

/** How well the prober met its time around the fault and after it, by the stamps of its datagrams. */
export interface Punctuality {
  /** By how much the pause between two datagrams exceeded what it should be. */
  lateP99Ms: number;
  lateMaxMs: number;
}

/** The prober must be on time from so long before the fault. */
const PUNCTUAL_FROM_MS = 50;

/** The act that a trial's fault is recorded as. */
export const INJECTION = 'inject';

/** Reads one trial out of its history. @throws when the fault is not in it */
export function measureTrial(events: readonly HistoryEvent[], endpoints: Endpoints): Measurement {
  const inject = findAct(events, { what: INJECTION });
  if (!inject) throw new Error('the history does not say when the fault was injected');
  const probes = datagramsOf(events, endpoints);
  const silence = silentTime(probes);
  const since = events.filter(({ atNs }) => atNs >= inject.atNs);
  const announcedNs = announcementsFrom(since, endpoints.newActive.access, endpoints.nlbs)[0]?.event.atNs;
  const { sentNs, ledNs } = oldActiveAfterwards(since, endpoints);
  return {
    sent: probes.length,
    lost: lostOf(events, probes),
    outageMs: silence ? (silence.untilNs - silence.fromNs) / NS_PER_MS : 0,
    outageFromMs: silence ? (silence.fromNs - inject.atNs) / NS_PER_MS : 0,
    resets: resetsOf(events, endpoints).size,
    ...(announcedNs !== undefined && { announcedAfterMs: (announcedNs - inject.atNs) / NS_PER_MS }),
    framesFromOldActive: sentNs.length,
    framesUnderRegainedLease: ledNs.length,
    oldActiveSentForMs:
      announcedNs === undefined ? 0 : Math.max(0, ...sentNs.map((atNs) => (atNs - announcedNs) / NS_PER_MS)),
    changes: changesOf(since),
    prober: punctuality(
      probes.filter(({ atNs }) => atNs >= inject.atNs - PUNCTUAL_FROM_MS * NS_PER_MS),
      endpoints.perSecond,
    ),
  };
}

function changesOf(events: readonly HistoryEvent[]): string[] {
  return events.flatMap((event) =>
    event.kind === 'script' ? [`${event.node} ${event.previous} → ${event.state}: ${event.reason}`] : [],
  );
}

function punctuality(probes: readonly ProbeEnded[], perSecond: number): Punctuality {
  const instants = probes.map(({ atNs }) => atNs);
  const late = instants
    .slice(1)
    .map((atNs, index) => (atNs - (instants[index] ?? atNs)) / NS_PER_MS - 1000 / perSecond);
  if (late.length === 0) return { lateP99Ms: Number.POSITIVE_INFINITY, lateMaxMs: Number.POSITIVE_INFINITY };
  const { p99, max } = summarise(late.map((ms) => Math.max(0, ms)));
  return { lateP99Ms: p99, lateMaxMs: max };
}

/** Every datagram for the service as it passed the client's port, in order of sending, and whether its answer did. */
function datagramsOf(events: readonly HistoryEvent[], { client, cluster, port, timeoutMs }: Endpoints): ProbeEnded[] {
  const answersNs = new Map<string, number>();
  for (const seen of packetsOf(events, { ...client, direction: 'received' })) {
    const key = seen.packet.source === cluster ? answerKey(seen, port) : undefined;
    if (key !== undefined && !answersNs.has(key)) answersNs.set(key, seen.event.atNs);
  }
  return packetsOf(events, { ...client, direction: 'sent' }).flatMap((seen) => {
    const request = seen.packet.destination === cluster ? requestOf(seen, port) : undefined;
    if (!request) return [];
    const { atNs } = seen.event;
    const answeredNs = answersNs.get(`${request.flow} ${request.sequence}`);
    const inTime = answeredNs !== undefined && answeredNs - atNs <= timeoutMs * NS_PER_MS;
    const outcome = inTime ? 'answered' : 'lost';
    return [
      { kind: 'probe', atNs, node: client.node, protocol: 'udp', outcome, ...request, ...(inTime && { answeredNs }) },
    ];
  });
}

function requestOf(
  { packet: { transport } }: PacketSeen,
  port: number,
): { flow: string; sequence: number } | undefined {
  if (transport?.kind !== 'udp' || transport.destinationPort !== port) return undefined;
  const numbers = decodeRequest(transport.payload);
  return numbers && { flow: String(transport.sourcePort), sequence: numbers.sequence };
}

function answerKey({ packet: { transport } }: PacketSeen, port: number): string | undefined {
  if (transport?.kind !== 'udp' || transport.sourcePort !== port) return undefined;
  const answer = decodeAnswer(Buffer.from(transport.payload));
  const numbers = answer && decodeRequest(answer.request);
  return numbers && `${transport.destinationPort} ${numbers.sequence}`;
}

/** Where the client says that it lost more datagrams than its port shows, it is believed. */
function lostOf(events: readonly HistoryEvent[], datagrams: readonly ProbeEnded[]): number {
  const count = (probes: readonly ProbeEnded[]) => probes.filter(({ outcome }) => outcome !== 'answered').length;
  return (
    Math.max(count(datagrams), count(probesOf(events, { protocol: 'udp' }))) +
    count(probesOf(events, { protocol: 'tcp' }))
  );
}

/** Connections that broke, by their client port: as the client says, and as the resets on its port do. */
function resetsOf(events: readonly HistoryEvent[], { client, cluster }: Endpoints): Set<string> {
  const told = probesOf(events, { protocol: 'tcp' })
    .filter(({ outcome }) => outcome === 'reset' || outcome === 'refused')
    .map(({ flow }) => /:(\d+) >/.exec(flow)?.[1] ?? flow);
  const seen = packetsOf(events, { ...client, direction: 'received' }).flatMap(({ packet: { source, transport } }) =>
    source === cluster && transport?.kind === 'tcp' && transport.flags.includes('rst')
      ? [String(transport.destinationPort)]
      : [],
  );
  return new Set([...told, ...seen]);
}
