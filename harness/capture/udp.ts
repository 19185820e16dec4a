import { type AddressPair, type Checksum, internetChecksum, verifyChecksum, withPseudoHeader } from './checksum.ts';
import { PROTOCOL } from './ipv4.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

const HEADER_BYTES = 8;

/** RFC 768. */
export interface Udp {
  kind: 'udp';
  sourcePort: number;
  destinationPort: number;
  /** Of header and payload, as the header says. */
  length: number;
  checksum: Checksum;
  payload: Uint8Array;
}

/** @param unfragmented whether the segment is all here: neither cut nor the first of several fragments */
export function decodeUdp(
  segment: Uint8Array,
  ends: AddressPair,
  unfragmented: boolean,
  reportMalformed: ReportMalformed,
): Udp | undefined {
  if (segment.length < HEADER_BYTES) {
    reportMalformed(`UDP header cut short: ${segment.length} bytes`);
    return undefined;
  }
  const view = viewOf(segment);
  const length = view.getUint16(4);
  const sound = length >= HEADER_BYTES && length <= segment.length;
  if (unfragmented && !sound) reportMalformed(`UDP length ${length} in ${segment.length} bytes`);
  const datagram = sound ? segment.subarray(0, length) : segment;
  return {
    kind: 'udp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    length,
    checksum:
      view.getUint16(6) === 0
        ? 'absent'
        : unfragmented && sound
          ? verifyChecksum(ends, PROTOCOL.udp, datagram)
          : 'unknown',
    payload: datagram.subarray(HEADER_BYTES),
  };
}

/** A datagram with its checksum. */
export function encodeUdp(udp: AddressPair & Pick<Udp, 'sourcePort' | 'destinationPort' | 'payload'>): Uint8Array {
  const datagram = joined(new Uint8Array(HEADER_BYTES), udp.payload);
  const view = viewOf(datagram);
  view.setUint16(0, udp.sourcePort);
  view.setUint16(2, udp.destinationPort);
  view.setUint16(4, datagram.length);
  // A sum of zero is sent as all ones: zero means that there is none.
  view.setUint16(6, internetChecksum(withPseudoHeader(udp, PROTOCOL.udp, datagram)) || 0xffff);
  return datagram;
}
