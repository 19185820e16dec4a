import { fragmentService } from '../tables/tables.ts';
import { type BalancedPacket, balance, bindingTo } from './balance.ts';
import { dropped, type Result } from './decision.ts';
import type { Flow } from './flow.ts';
import type { Fragments, Knowledge, Service } from './knowledge.ts';
import { findConnection, findHalfOpen, protocolOf, provenTable } from './lookup.ts';
import type { Ipv4 } from './packet.ts';
import { findBoundServer, selectServer } from './placement.ts';

/** Packets that follow others of their flow or datagram: fragments and ICMP errors. */

/** RFC 791 section 3.2: what all fragments of a datagram share. */
const nameOfDatagram = ({ source, destination, protocol, id }: Ipv4): string =>
  `${protocol} ${source} > ${destination} #${id}`;

/** The entry of a datagram, unless it has expired. */
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
 * A fragment without ports. The first fragment of a datagram to arrive decides for all of them. If it is one without ports, its
 * addresses alone select the server, for the service that `fragmentService` takes it for.
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
 * Records where a datagram's fragments go, in one of two tables. Datagrams of proven flows have a table of their own, because
 * anybody can send a single fragment.
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
 * The first fragment of a datagram, with the ports. If others arrived before, it follows them; otherwise it is balanced as any
 * packet is, and the others follow it. A second first fragment belongs to another datagram, whose sender has reused the id.
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

/** An ICMP error goes to the server of the flow that it quotes. It changes nothing, because anybody can send one. */
export function forwardIcmpError(flow: Flow, byPort: Service, known: Knowledge, nowNs: bigint): Result {
  const proven = findConnection(provenTable(flow), flow, byPort, known, nowNs);
  const halfOpen = proven ? undefined : findHalfOpen(flow, known, nowNs);
  const [connection, service] = [proven ?? halfOpen?.halfOpen, halfOpen?.service ?? byPort];
  const own = connection && findBoundServer(known.configured, connection);
  const server = own ?? selectServer(service, flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  return { outcome: 'FORWARDED_ICMP', to: { server, service: service.name }, writes: [], counts: [] };
}
