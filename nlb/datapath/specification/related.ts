import { fragmentService } from '../tables/tables.ts';
import { type Balanced, balance, bond } from './balance.ts';
import { dropped, type Result } from './decision.ts';
import type { Flow } from './flow.ts';
import type { Fragments, Knowledge, Service } from './knowledge.ts';
import { findConnection, protocolOf, provenTable } from './lookup.ts';
import type { Ipv4 } from './packet.ts';
import { boundServer, place } from './placement.ts';

/** Packets that go where others of their flow have gone: fragments, and ICMP errors. */

/** RFC 791 section 3.2: what all fragments of a datagram share. */
const nameOfDatagram = ({ source, destination, protocol, id }: Ipv4): string =>
  `${protocol} ${source} > ${destination} #${id}`;

/** What is known of a datagram, where it still counts. */
function findDatagram(ip: Ipv4, { told, kept }: Knowledge, nowNs: bigint): Fragments | undefined {
  const known = kept.fragments.get(nameOfDatagram(ip)) ?? kept.unprovenFragments.get(nameOfDatagram(ip));
  if (!known || known.seenNs + BigInt(told.timeouts.fragmentMs) * 1_000_000n <= nowNs) return undefined;
  return told.services.has(known.service) && boundServer(told, known) ? known : undefined;
}

function sendAlong(datagram: Fragments, { told }: Knowledge): Result {
  const server = boundServer(told, datagram);
  if (!server) return dropped('DROPPED_NO_SERVER');
  return { outcome: 'FORWARDED_FRAGMENT', to: { server, service: datagram.service }, writes: [], counts: [] };
}

/**
 * A fragment without ports. Whichever fragment of a datagram comes first decides for all of them; where it is one without
 * ports, the addresses alone place it, for the service that stands in for the one that is not known (`fragmentService`).
 */
export function follow(ip: Ipv4, known: Knowledge, nowNs: bigint): Result {
  const datagram = findDatagram(ip, known, nowNs);
  if (datagram) return sendAlong(datagram, known);
  const service = fragmentService(known.told.services.values(), ip.destination, protocolOf(ip));
  if (!service) return dropped('DROPPED_FRAGMENT');
  const server = place(service, { ...ip, sourcePort: 0, destinationPort: 0 }, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const value = { ...bond(server, nowNs), service: service.name, awaitsFirst: true };
  return { ...sendAlong(value, known), writes: noted(ip, value, false) };
}

/**
 * Where a datagram's fragments go is written down in one of two tables. Only those of flows that have proved themselves push out
 * such: a single fragment, a middle one or a first one, may be anybody's.
 */
function noted(ip: Ipv4, value: Fragments, proven: boolean): Result['writes'] {
  const name = nameOfDatagram(ip);
  const [table, other] = proven
    ? (['fragments', 'unprovenFragments'] as const)
    : (['unprovenFragments', 'fragments'] as const);
  return [
    { table: other, name, value: undefined },
    { table, name, value },
  ];
}

/**
 * The fragment that begins a datagram. It follows those that came before it; otherwise it is balanced as any packet is,
 * and the others follow it. One more beginning is that of another datagram, whose sender has used the number again.
 */
export function lead(ip: Ipv4, packet: Balanced, known: Knowledge): Result {
  const datagram = findDatagram(ip, known, packet.nowNs);
  if (datagram?.awaitsFirst)
    return { ...sendAlong(datagram, known), writes: noted(ip, { ...datagram, awaitsFirst: false }, false) };
  const result = balance(packet, known);
  if (!result.to) return result;
  const { server, service } = result.to;
  const value = { ...bond(server, packet.nowNs), service, awaitsFirst: false };
  return { ...result, writes: [...result.writes, ...noted(ip, value, result.outcome === 'FORWARDED_ESTABLISHED')] };
}

/** An error goes to the server of the flow that it quotes, and changes nothing: anybody can send one. */
export function relate(flow: Flow, service: Service, known: Knowledge, nowNs: bigint): Result {
  const connection =
    findConnection(provenTable(flow), flow, service, known, nowNs) ??
    findConnection('embryos', flow, service, known, nowNs);
  const own = connection && boundServer(known.told, connection);
  const server = own ?? place(service, flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  return { outcome: 'FORWARDED_ICMP', to: { server, service: service.name }, writes: [], counts: [] };
}
