import { fragmentService } from '../tables/tables.ts';
import { type BalancedPacket, balance, bindingTo } from './balance.ts';
import { dropped, type Result } from './decision.ts';
import type { Flow } from './flow.ts';
import type { Fragments, Knowledge, Service } from './knowledge.ts';
import { findConnection, findHalfOpen, protocolOf, provenTable } from './lookup.ts';
import type { Ipv4 } from './packet.ts';
import { findBoundServer, selectServer } from './placement.ts';

/** Packets that go where others of their flow have gone: fragments, and ICMP errors. */

/** RFC 791 section 3.2: what all fragments of a datagram share. */
const nameOfDatagram = ({ source, destination, protocol, id }: Ipv4): string =>
  `${protocol} ${source} > ${destination} #${id}`;

/** What is known of a datagram, where it still counts. */
function findDatagram(ip: Ipv4, { configured, flowTables }: Knowledge, nowNs: bigint): Fragments | undefined {
  const known = flowTables.fragments.get(nameOfDatagram(ip)) ?? flowTables.unprovenFragments.get(nameOfDatagram(ip));
  if (!known || known.seenNs + BigInt(configured.timeouts.fragmentMs) * 1_000_000n <= nowNs) return undefined;
  return configured.services.has(known.service) && findBoundServer(configured, known) ? known : undefined;
}

function sendWithDatagram(datagram: Fragments, { configured }: Knowledge): Result {
  const server = findBoundServer(configured, datagram);
  if (!server) return dropped('DROPPED_NO_SERVER');
  return { outcome: 'FORWARDED_FRAGMENT', to: { server, service: datagram.service }, writes: [], counts: [] };
}

/**
 * A fragment without ports. Whichever fragment of a datagram comes first decides for all of them; where it is one without
 * ports, the addresses alone place it, for the service that stands in for the one that is not known (`fragmentService`).
 */
export function forwardLaterFragment(ip: Ipv4, known: Knowledge, nowNs: bigint): Result {
  const datagram = findDatagram(ip, known, nowNs);
  if (datagram) return sendWithDatagram(datagram, known);
  const service = fragmentService(known.configured.services.values(), ip.destination, protocolOf(ip));
  if (!service) return dropped('DROPPED_FRAGMENT');
  const server = selectServer(service, { ...ip, sourcePort: 0, destinationPort: 0 }, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const value = { ...bindingTo(server, nowNs), service: service.name, awaitsFirst: true };
  return { ...sendWithDatagram(value, known), writes: recordDatagram(ip, value, false) };
}

/**
 * Where a datagram's fragments go is written down in one of two tables. Only those of flows that have proved themselves push out
 * such: a single fragment, a middle one or a first one, may be anybody's.
 */
function recordDatagram(ip: Ipv4, value: Fragments, proven: boolean): Result['writes'] {
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
export function forwardFirstFragment(ip: Ipv4, packet: BalancedPacket, known: Knowledge): Result {
  const datagram = findDatagram(ip, known, packet.nowNs);
  if (datagram?.awaitsFirst)
    return {
      ...sendWithDatagram(datagram, known),
      writes: recordDatagram(ip, { ...datagram, awaitsFirst: false }, false),
    };
  const result = balance(packet, known);
  if (!result.to) return result;
  const { server, service } = result.to;
  const value = { ...bindingTo(server, packet.nowNs), service, awaitsFirst: false };
  return {
    ...result,
    writes: [...result.writes, ...recordDatagram(ip, value, result.outcome === 'FORWARDED_ESTABLISHED')],
  };
}

/** An error goes to the server of the flow that it quotes, and changes nothing: anybody can send one. */
export function forwardIcmpError(flow: Flow, byPort: Service, known: Knowledge, nowNs: bigint): Result {
  const proven = findConnection(provenTable(flow), flow, byPort, known, nowNs);
  const halfOpen = proven ? undefined : findHalfOpen(flow, known, nowNs);
  const [connection, service] = [proven ?? halfOpen?.halfOpen, halfOpen?.service ?? byPort];
  const own = connection && findBoundServer(known.configured, connection);
  const server = own ?? selectServer(service, flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  return { outcome: 'FORWARDED_ICMP', to: { server, service: service.name }, writes: [], counts: [] };
}
