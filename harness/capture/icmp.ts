import { type Checksum, internetChecksum } from './checksum.ts';
import { decodeIpv4, type Ipv4Packet } from './ipv4.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

const HEADER_BYTES = 8;

/** Types that quote the packet which they are about: unreachable, source quench, redirect, time exceeded, parameter. */
const ERROR_TYPES: readonly number[] = [3, 4, 5, 11, 12];

/** RFC 792. */
export interface Icmp {
  kind: 'icmp';
  type: number;
  code: number;
  checksum: Checksum;
  /** The second word: identifier and sequence of an echo, the next hop's MTU in its low half, a gateway, or zero. */
  rest: number;
  /** What follows the two words. */
  payload: Uint8Array;
  /** In errors: the quoted packet, of which as a rule only the beginning is there. */
  quoted?: Ipv4Packet;
}

export function decodeIcmp(
  message: Uint8Array,
  unfragmented: boolean,
  reportMalformed: ReportMalformed,
): Icmp | undefined {
  if (message.length < HEADER_BYTES) {
    reportMalformed(`ICMP header cut short: ${message.length} bytes`);
    return undefined;
  }
  const view = viewOf(message);
  const type = view.getUint8(0);
  const payload = message.subarray(HEADER_BYTES);
  const quoted = ERROR_TYPES.includes(type) ? decodeIpv4(payload, () => {}) : undefined;
  return {
    kind: 'icmp',
    type,
    code: view.getUint8(1),
    checksum: unfragmented ? (internetChecksum(message) === 0 ? 'good' : 'bad') : 'unknown',
    rest: view.getUint32(4),
    payload,
    ...(quoted ? { quoted } : {}),
  };
}

/** A message with its checksum. */
export function encodeIcmp(icmp: Pick<Icmp, 'type' | 'code' | 'rest' | 'payload'>): Uint8Array {
  const message = joined(Uint8Array.of(icmp.type, icmp.code, 0, 0, 0, 0, 0, 0), icmp.payload);
  const view = viewOf(message);
  view.setUint32(4, icmp.rest);
  view.setUint16(2, internetChecksum(message));
  return message;
}
