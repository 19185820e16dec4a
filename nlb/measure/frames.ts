import { macToOctets, quadToBytes } from '../kernel/inet.ts';

/** Frames for measurements: of minimal length, to the load balancer, from clients in 198.18.0.0/15 (RFC 2544). */

export const CLUSTER = '203.0.113.10';
export const LOWEST_PORT = 1;

/** Offsets of what varies between runs. */
const AT = { destinationMac: 0, sourceMac: 6, source: 26, sourcePort: 34, destinationPort: 36, tcpFlags: 47 } as const;
export const FIRST_CLIENT = 0xc612_0000;
/** Control bits of the segments of a connection (RFC 9293 section 3.1), in its order. */
const FLAGS = { syn: 0x02, ack: 0x10, push: 0x18, fin: 0x11 } as const;
export type Flag = keyof typeof FLAGS;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;
/** Ethernet's minimum, without the checksum. */
const FRAME_BYTES = 60;
const ETHERNET_BYTES = 14;
const IP_BYTES = 20;

export interface AddressPair {
  to: string;
  from: string;
}

/** A frame of the first client to the lowest port of the cluster address; TCP's first segment. */
export function frameOf(protocol: 'tcp' | 'udp', { to, from }: AddressPair): Buffer {
  const frame = Buffer.alloc(FRAME_BYTES);
  frame.set(macToOctets(to), AT.destinationMac);
  frame.set(macToOctets(from), AT.sourceMac);
  frame.writeUInt16BE(0x0800, 12);
  const ip = frame.subarray(ETHERNET_BYTES, ETHERNET_BYTES + IP_BYTES);
  ip.set([0x45, 0, 0, protocol === 'tcp' ? 40 : 28, 0, 0, 0x40, 0, 64, PROTOCOLS[protocol]]);
  ip.writeUInt32BE(FIRST_CLIENT, 12);
  ip.set(quadToBytes(CLUSTER), 16);
  ip.writeUInt16BE(internetChecksum(ip), 10);
  frame.writeUInt16BE(LOWEST_PORT, AT.destinationPort);
  // TCP: five words of header; UDP: its length, and no checksum.
  if (protocol === 'tcp') frame.set([0x50, FLAGS.syn], AT.tcpFlags - 1);
  else frame.writeUInt16BE(8, AT.destinationPort + 2);
  return frame;
}

/** RFC 1071, over an even number of octets. */
function internetChecksum(octets: Buffer): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += octets.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** Make the frame one of another flow. The IPv4 checksum, at which the data path does not look, stays as it is. */
export function setFlow(frame: Buffer, source: number, sourcePort: number, destinationPort: number): void {
  frame.writeUInt32BE(source >>> 0, AT.source);
  frame.writeUInt16BE(sourcePort, AT.sourcePort);
  frame.writeUInt16BE(destinationPort, AT.destinationPort);
}

/** Make the TCP frame such a segment. */
export function setFlag(frame: Buffer, flag: Flag): void {
  frame.writeUInt8(FLAGS[flag], AT.tcpFlags);
}
