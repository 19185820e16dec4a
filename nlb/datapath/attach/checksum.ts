import { PROTOCOL } from '../specification/flow.ts';
import { ETHERNET_BYTES, type Ipv4, readIpv4 } from '../specification/packet.ts';

/** Octets of the checksum in its header. */
const CHECKSUM_AT: Record<number, number> = { [PROTOCOL.tcp]: 16, [PROTOCOL.udp]: 6 };

/**
 * Fill in the checksum that the sender has left to its network device: then the frame has the sum of the pseudo-header in its place (the
 * kernel's CHECKSUM_PARTIAL), which a copy of its octets does not tell otherwise. Frames between interfaces of one machine come so. A right
 * checksum stays, also where it happens to be that sum, and so does one that is wrong in any other way. The frame has no tag.
 */
export function fillInChecksum(frame: Buffer): void {
  const ip = readIpv4(frame, ETHERNET_BYTES);
  const at = ip && CHECKSUM_AT[ip.protocol];
  if (!ip?.lengthsAgree || at === undefined || ip.moreFragments || ip.payloadAt + at + 2 > ip.endAt) return;
  const pseudo = sumOfPseudoHeader(frame, ip);
  const field = ip.payloadAt + at;
  if (frame.readUInt16BE(field) !== folded(pseudo)) return;
  frame.writeUInt16BE(0, field);
  const sum = ~folded(pseudo + sumOf(frame, ip.payloadAt, ip.endAt)) & 0xffff;
  // Of UDP zero stands for none (RFC 768).
  frame.writeUInt16BE(sum === 0 && ip.protocol === PROTOCOL.udp ? 0xffff : sum, field);
}

/** RFC 9293 section 3.1: addresses, protocol and length. */
const sumOfPseudoHeader = (frame: Buffer, { at, protocol, payloadAt, endAt }: Ipv4): number =>
  sumOf(frame, at + 12, at + 20) + protocol + endAt - payloadAt;

/** Of words of 16 bits; a last octet is the upper half of one (RFC 1071). */
function sumOf(frame: Buffer, from: number, end: number): number {
  let sum = 0;
  for (let at = from; at + 1 < end; at += 2) sum += frame.readUInt16BE(at);
  return (end - from) % 2 === 0 ? sum : sum + (frame.readUInt8(end - 1) << 8);
}

function folded(sum: number): number {
  const once = (sum & 0xffff) + Math.floor(sum / 0x1_0000);
  return (once & 0xffff) + (once >>> 16);
}
