import { type Flow, hasPorts } from './flow.ts';
import { type Ipv4, readIpv4 } from './packet.ts';

/**
 * ICMP errors (RFC 792) that routers send about a packet that a server has sent from the cluster address to a client: unreachable
 * (fragmentation needed included), time exceeded, parameter problem. They quote the beginning of that packet, and are for the
 * server that sent it.
 */
const ERROR_TYPES = [3, 11, 12];
const ICMP_BYTES = 8;
const IPV4_BYTES = 20;
/** Of what follows the quoted header; the ports come first. */
const QUOTED_BYTES = 8;

/** The flow that the quoted packet answers; `other` if it is none of ours, `malformed` if it is cut short. */
export function readQuotedFlow(frame: Buffer, { payloadAt, endAt, destination }: Ipv4): Flow | 'other' | 'malformed' {
  if (payloadAt + ICMP_BYTES > endAt) return 'malformed';
  if (!ERROR_TYPES.includes(frame.readUInt8(payloadAt))) return 'other';
  const quoted = readIpv4(frame, payloadAt + ICMP_BYTES);
  if (!quoted || quoted.payloadAt < quoted.at + IPV4_BYTES) return 'malformed';
  if (quoted.payloadAt + QUOTED_BYTES > endAt) return 'malformed';
  const { protocol, source, destination: client, payloadAt: portsAt } = quoted;
  if (!hasPorts(protocol) || source !== destination || quoted.fragmentOffset > 0) return 'other';
  const [sourcePort, destinationPort] = [frame.readUInt16BE(portsAt + 2), frame.readUInt16BE(portsAt)];
  return { protocol, source: client, destination, sourcePort, destinationPort };
}
