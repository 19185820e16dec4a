import { ipv4At, ipv4Octets } from './address-text.ts';
import { internetChecksum } from './checksum.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

export const PROTOCOL = { icmp: 1, tcp: 6, udp: 17, vrrp: 112 } as const;

const SMALLEST_HEADER_BYTES = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

/** An IPv4 header (RFC 791) and what it carries. */
export interface Ipv4Packet {
  typeOfService: number;
  totalLength: number;
  identification: number;
  dontFragment: boolean;
  moreFragments: boolean;
  /** In bytes. */
  fragmentOffset: number;
  ttl: number;
  protocol: number;
  headerChecksum: 'good' | 'bad';
  source: string;
  destination: string;
  options: Uint8Array;
  /** Header and payload, without the padding of the frame: what a forwarder must not touch. */
  bytes: Uint8Array;
  /** At most `totalLength` less the header; shorter when the packet was cut. */
  payload: Uint8Array;
}

/** @returns undefined when there is no whole header */
export function decodeIpv4(bytes: Uint8Array, reportMalformed: ReportMalformed): Ipv4Packet | undefined {
  const headerBytes = ((bytes[0] ?? 0) & 0x0f) * 4;
  const problem = headerProblem(bytes, headerBytes);
  if (problem) {
    reportMalformed(problem);
    return undefined;
  }
  const header = readHeader(bytes, headerBytes);
  const { totalLength } = header;
  if (totalLength < headerBytes) reportMalformed(`IPv4 total length ${totalLength} is less than its header`);
  if (totalLength > bytes.length) reportMalformed(`IPv4 total length ${totalLength}, but ${bytes.length} bytes`);
  const end = Math.max(headerBytes, Math.min(totalLength, bytes.length));
  return { ...header, bytes: bytes.subarray(0, end), payload: bytes.subarray(headerBytes, end) };
}

function headerProblem(bytes: Uint8Array, headerBytes: number): string | undefined {
  if (bytes.length < SMALLEST_HEADER_BYTES) return `IPv4 header cut short: ${bytes.length} bytes`;
  const version = (bytes[0] ?? 0) >> 4;
  if (version !== 4) return `IPv4 header of version ${version}`;
  if (headerBytes < SMALLEST_HEADER_BYTES) return `IPv4 header length ${headerBytes}`;
  return headerBytes > bytes.length ? `IPv4 options cut short: ${bytes.length} of ${headerBytes} bytes` : undefined;
}

function readHeader(bytes: Uint8Array, headerBytes: number): Omit<Ipv4Packet, 'bytes' | 'payload'> {
  const view = viewOf(bytes);
  const fragment = view.getUint16(6);
  return {
    typeOfService: view.getUint8(1),
    totalLength: view.getUint16(2),
    identification: view.getUint16(4),
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset: (fragment & OFFSET_MASK) * 8,
    ttl: view.getUint8(8),
    protocol: view.getUint8(9),
    headerChecksum: internetChecksum(bytes.subarray(0, headerBytes)) === 0 ? 'good' : 'bad',
    source: ipv4At(bytes, 12),
    destination: ipv4At(bytes, 16),
    options: bytes.subarray(SMALLEST_HEADER_BYTES, headerBytes),
  };
}

export interface Ipv4Options {
  source: string;
  destination: string;
  protocol: number;
  ttl?: number;
  identification?: number;
  typeOfService?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** In bytes, a multiple of 8. */
  fragmentOffset?: number;
  /** A multiple of 4 bytes, at most 40. */
  options?: Uint8Array;
}

/** A whole packet with its header checksum. @throws RangeError on what a header cannot hold */
export function encodeIpv4(header: Ipv4Options, payload: Uint8Array): Uint8Array {
  const options = header.options ?? new Uint8Array();
  const offset = header.fragmentOffset ?? 0;
  if (options.length % 4 || options.length > 40) throw new RangeError(`IPv4 options of ${options.length} bytes`);
  if (offset % 8 || offset > OFFSET_MASK * 8) throw new RangeError(`IPv4 fragment offset ${offset}`);
  const addresses = joined(ipv4Octets(header.source), ipv4Octets(header.destination));
  const packet = joined(new Uint8Array(12), addresses, options, payload);
  if (packet.length > 0xffff) throw new RangeError(`IPv4 packet of ${packet.length} bytes`);
  const view = viewOf(packet);
  const headerBytes = SMALLEST_HEADER_BYTES + options.length;
  view.setUint8(0, 0x40 | (headerBytes / 4));
  view.setUint8(1, header.typeOfService ?? 0);
  view.setUint16(2, packet.length);
  view.setUint16(4, header.identification ?? 0);
  const flags = (header.dontFragment ? DONT_FRAGMENT : 0) | (header.moreFragments ? MORE_FRAGMENTS : 0);
  view.setUint16(6, flags | (offset / 8));
  view.setUint8(8, header.ttl ?? 64);
  view.setUint8(9, header.protocol);
  view.setUint16(10, internetChecksum(packet.subarray(0, headerBytes)));
  return packet;
}
