import { ipv4Octets } from './address-text.ts';
import { joined } from './octets.ts';

/** What a look at a checksum can tell. `unknown`: the bytes that it covers are not all here. */
export type Checksum = 'good' | 'bad' | 'absent' | 'unknown';

/**
 * The checksum of RFC 1071 over bytes whose own checksum field is zero; over whole good bytes it is zero.
 * @param before sum of the words of what stands before them
 */
export function internetChecksum(bytes: Uint8Array, before = 0): number {
  let sum = before;
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + Math.floor(sum / 0x10000);
  return ~sum & 0xffff;
}

/** Prepend the pseudo-header that UDP (RFC 768), TCP (RFC 9293 3.1) and VRRPv3 (RFC 9568) count in. */
export function withPseudoHeader(ends: AddressPair, protocol: number, segment: Uint8Array): Uint8Array {
  const tail = Uint8Array.of(0, protocol, segment.length >> 8, segment.length & 0xff);
  return joined(ipv4Octets(ends.source), ipv4Octets(ends.destination), tail, segment);
}

/** The addresses of the IPv4 packet around a segment. */
export interface AddressPair {
  source: string;
  destination: string;
}

/** Judge a segment by its checksum with the pseudo-header. Every frame of a history comes by here: nothing is copied. */
export function verifyChecksum(ends: AddressPair, protocol: number, segment: Uint8Array): Checksum {
  const header = wordsOf(ends.source) + wordsOf(ends.destination) + protocol + segment.length;
  return internetChecksum(segment, header) === 0 ? 'good' : 'bad';
}

/** The sum of the two words of an IPv4 address. */
function wordsOf(address: string): number {
  let [sum, octet, isFirst] = [0, 0, true];
  for (let at = 0; at <= address.length; at++) {
    const digit = address.charCodeAt(at) - ZERO;
    if (digit >= 0) octet = octet * 10 + digit;
    else {
      sum += isFirst ? octet << 8 : octet;
      isFirst = !isFirst;
      octet = 0;
    }
  }
  return sum;
}

const ZERO = '0'.charCodeAt(0);
