import { type Address, wordOf } from './address.ts';
import type { Ipv4 } from './packet.ts';

/** What makes a flow: packets with the same five belong together. Ports are zero where there are none. */
export interface Flow {
  protocol: number;
  source: Address;
  destination: Address;
  sourcePort: number;
  destinationPort: number;
}

export const PROTOCOL = { tcp: 6, udp: 17 } as const;
/** Octets of the header that follows IPv4's. Of TCP without options (RFC 9293), and of UDP (RFC 768). */
const LEAST_BYTES = { [PROTOCOL.tcp]: 20, [PROTOCOL.udp]: 8 };

export const hasPorts = (protocol: number): protocol is 6 | 17 =>
  protocol === PROTOCOL.tcp || protocol === PROTOCOL.udp;

/** The flow of a TCP or UDP packet; undefined where the packet is too short for the whole header. */
export function readFlow(frame: Buffer, { protocol, source, destination, payloadAt, endAt }: Ipv4): Flow | undefined {
  if (!hasPorts(protocol) || payloadAt + LEAST_BYTES[protocol] > endAt) return undefined;
  const [sourcePort, destinationPort] = [frame.readUInt16BE(payloadAt), frame.readUInt16BE(payloadAt + 2)];
  return { protocol, source, destination, sourcePort, destinationPort };
}

/** For people, and as the flow's key in tables. */
export function nameOfFlow({ protocol, source, sourcePort, destination, destinationPort }: Flow): string {
  return `${protocol} ${source}:${sourcePort} > ${destination}:${destinationPort}`;
}

const rotate = (word: number, bits: number): number => (word << bits) | (word >>> (32 - bits));

/**
 * 32 bits that follow from the flow alone, so that both nodes of a pair place it alike. Bob Jenkins's lookup3 of three
 * words: the two addresses, and the ports; the protocol is the seed.
 */
export function hashOf({ protocol, source, destination, sourcePort, destinationPort }: Flow): number {
  const start = (0xdeadbeef + (3 << 2) + protocol) | 0;
  let a = (start + wordOf(source)) | 0;
  let b = (start + wordOf(destination)) | 0;
  let c = (start + ((sourcePort << 16) | destinationPort)) | 0;
  c = ((c ^ b) - rotate(b, 14)) | 0;
  a = ((a ^ c) - rotate(c, 11)) | 0;
  b = ((b ^ a) - rotate(a, 25)) | 0;
  c = ((c ^ b) - rotate(b, 16)) | 0;
  a = ((a ^ c) - rotate(c, 4)) | 0;
  b = ((b ^ a) - rotate(a, 14)) | 0;
  c = ((c ^ b) - rotate(b, 24)) | 0;
  return c >>> 0;
}
