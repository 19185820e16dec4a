import { bytesToQuad } from './inet.ts';

/** ICMP echo (RFC 792): what is sent to find out whether a host can be reached, and what comes back. */
export interface Echo {
  identifier: number;
  sequence: number;
}

const ECHO_REQUEST = 8;
const ECHO_REPLY = 0;
const ICMP_HEADER_BYTES = 8;
const PROTOCOL_ICMP = 1;
/** As much as every host must take (RFC 1122 section 3.2.2.6). */
const PAYLOAD = Buffer.from('nlb reach target');

/** An echo request, without the IP header. */
export function encodeEchoRequest({ identifier, sequence }: Echo): Buffer {
  const message = Buffer.alloc(ICMP_HEADER_BYTES + PAYLOAD.length);
  message.writeUInt8(ECHO_REQUEST, 0);
  message.writeUInt16BE(identifier, 4);
  message.writeUInt16BE(sequence, 6);
  PAYLOAD.copy(message, ICMP_HEADER_BYTES);
  message.writeUInt16BE(internetChecksum(message), 2);
  return message;
}

/** An echo reply and who sent it, from a packet with its IP header; undefined where it is something else, or broken. */
export function decodeEchoReply(packet: Buffer): (Echo & { source: string }) | undefined {
  const headerBytes = ((packet[0] ?? 0) & 0x0f) * 4;
  const message = packet.subarray(headerBytes);
  if (headerBytes < 20 || packet[9] !== PROTOCOL_ICMP || message.length < ICMP_HEADER_BYTES) return undefined;
  if (message[0] !== ECHO_REPLY || message[1] !== 0 || internetChecksum(message) !== 0) return undefined;
  return {
    source: bytesToQuad(packet.subarray(12, 16)),
    identifier: message.readUInt16BE(4),
    sequence: message.readUInt16BE(6),
  };
}

/** RFC 1071. Zero over a message that holds its own correct checksum. */
function internetChecksum(message: Buffer): number {
  let sum = 0;
  for (let i = 0; i < message.length; i += 2) sum += (message[i] ?? 0) * 256 + (message[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
