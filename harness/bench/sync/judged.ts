import { type Port, packetsOf } from '../../check/seen.ts';
import { NS_PER_MS } from '../../check/span.ts';
import type { HistoryEvent, ProbeEnded } from '../../history/event.ts';

/** Connections that began within so long before a takeover may be known to the old active alone, if anything is. */
export const LAST_MS = 50;

/** What became of the connections that there were when the active was struck. */
export interface Survived {
  connections: number;
  /** Of these, established in the last 50 ms. */
  fresh: number;
  /** Each that was reset, or that nobody answers any more. */
  lost: Lost[];
}

export interface Lost {
  /** The client's. */
  port: number;
  /** How long before the active was struck it was established; tenths of a millisecond. */
  ageMs: number;
  how: ProbeEnded['outcome'] | 'not answered any more';
}

export interface Struck {
  /** Where the client's frames pass. */
  client: Port;
  /** When the active was struck. */
  injectedNs: number;
  /** When the other one announced that it leads; undefined if it did not. */
  takenOverNs: number | undefined;
}

/** A connection counts from the SYN-ACK that the client was given: then a server has it, and the client knows. */
export function judgeTakeover(events: readonly HistoryEvent[], { client, injectedNs, takenOverNs }: Struck): Survived {
  const established = establishedAt(events, client);
  const probes = Map.groupBy(events.filter(isProbe), ({ flow }) => clientPortOf(flow));
  const there = [...established].filter(([, atNs]) => atNs < injectedNs);
  const lost = there.flatMap(([port, atNs]): Lost[] => {
    const how = fateOf(probes.get(port) ?? [], takenOverNs);
    return how === undefined ? [] : [{ port, ageMs: Math.round(((injectedNs - atNs) / NS_PER_MS) * 10) / 10, how }];
  });
  const fresh = there.filter(([, atNs]) => atNs >= injectedNs - LAST_MS * NS_PER_MS).length;
  return { connections: there.length, fresh, lost };
}

/** The client's ports, each with when it was given the first SYN-ACK. */
function establishedAt(events: readonly HistoryEvent[], client: Port): Map<number, number> {
  const first = new Map<number, number>();
  for (const { event, packet } of packetsOf(events, { ...client, direction: 'received' })) {
    const { transport } = packet;
    if (transport?.kind !== 'tcp' || !transport.flags.includes('syn') || !transport.flags.includes('ack')) continue;
    const known = first.get(transport.destinationPort);
    if (known === undefined || event.atNs < known) first.set(transport.destinationPort, event.atNs);
  }
  return first;
}

const isProbe = (event: HistoryEvent): event is ProbeEnded => event.kind === 'probe' && event.protocol === 'tcp';

/** How it was lost, if it was. */
function fateOf(probes: readonly ProbeEnded[], takenOverNs: number | undefined): Lost['how'] | undefined {
  const broken = probes.find(({ outcome }) => outcome !== 'answered');
  if (broken) return broken.outcome;
  const since = takenOverNs ?? Number.POSITIVE_INFINITY;
  return probes.some(({ answeredNs = 0 }) => answeredNs > since) ? undefined : 'not answered any more';
}

/** `client1.4.17 198.51.100.10:40123 > 203.0.113.10:80` → 40123 */
export function clientPortOf(flow: string): number {
  return Number(/:(\d+) > /.exec(flow)?.[1] ?? 0);
}
