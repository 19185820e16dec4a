import { type AddressPair, type Checksum, internetChecksum, verifyChecksum, withPseudoHeader } from './checksum.ts';
import { PROTOCOL } from './ipv4.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

const SMALLEST_HEADER_BYTES = 20;

/** In the order of their bits, lowest first. */
const FLAGS = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const;
export type TcpFlag = (typeof FLAGS)[number];

/** RFC 9293 section 3.1. */
export interface Tcp {
  kind: 'tcp';
  sourcePort: number;
  destinationPort: number;
  sequence: number;
  acknowledgement: number;
  flags: TcpFlag[];
  window: number;
  urgent: number;
  checksum: Checksum;
  options: Uint8Array;
  payload: Uint8Array;
}

/** @param unfragmented whether the segment is all here: neither cut nor the first of several fragments */
export function decodeTcp(
  segment: Uint8Array,
  ends: AddressPair,
  unfragmented: boolean,
  reportMalformed: ReportMalformed,
): Tcp | undefined {
  if (segment.length < SMALLEST_HEADER_BYTES) {
    reportMalformed(`TCP header cut short: ${segment.length} bytes`);
    return undefined;
  }
  const view = viewOf(segment);
  const headerBytes = (view.getUint8(12) >> 4) * 4;
  const sound = headerBytes >= SMALLEST_HEADER_BYTES && headerBytes <= segment.length;
  if (!sound) reportMalformed(`TCP header length ${headerBytes} in ${segment.length} bytes`);
  const payloadAt = sound ? headerBytes : segment.length;
  return {
    kind: 'tcp',
    sourcePort: view.getUint16(0),
    destinationPort: view.getUint16(2),
    sequence: view.getUint32(4),
    acknowledgement: view.getUint32(8),
    flags: FLAGS.filter((_, bit) => view.getUint8(13) & (1 << bit)),
    window: view.getUint16(14),
    urgent: view.getUint16(18),
    checksum: unfragmented ? verifyChecksum(ends, PROTOCOL.tcp, segment) : 'unknown',
    options: segment.subarray(SMALLEST_HEADER_BYTES, payloadAt),
    payload: segment.subarray(payloadAt),
  };
}

export type TcpOptions = AddressPair &
  Pick<Tcp, 'sourcePort' | 'destinationPort' | 'sequence' | 'flags'> &
  Partial<Tcp>;

/** A segment with its checksum. @throws RangeError when the options do not fill words or do not fit */
export function encodeTcp(tcp: TcpOptions): Uint8Array {
  const options = tcp.options ?? new Uint8Array();
  if (options.length % 4 || options.length > 40) throw new RangeError(`TCP options of ${options.length} bytes`);
  const segment = joined(new Uint8Array(SMALLEST_HEADER_BYTES), options, tcp.payload ?? new Uint8Array());
  const view = viewOf(segment);
  view.setUint16(0, tcp.sourcePort);
  view.setUint16(2, tcp.destinationPort);
  view.setUint32(4, tcp.sequence);
  view.setUint32(8, tcp.acknowledgement ?? 0);
  view.setUint8(12, ((SMALLEST_HEADER_BYTES + options.length) / 4) << 4);
  view.setUint8(
    13,
    FLAGS.reduce((bits, flag, bit) => bits | (tcp.flags.includes(flag) ? 1 << bit : 0), 0),
  );
  view.setUint16(14, tcp.window ?? 0xffff);
  view.setUint16(18, tcp.urgent ?? 0);
  view.setUint16(16, internetChecksum(withPseudoHeader(tcp, PROTOCOL.tcp, segment)));
  return segment;
}
