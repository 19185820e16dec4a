import { type Arp, decodeArp } from './arp.ts';
import { decodeEthernet, ETHER_TYPE, type Ethernet, SMALLEST_ETHER_TYPE } from './ethernet.ts';
import { decodeIcmp, type Icmp } from './icmp.ts';
import { decodeIpv4, type Ipv4Packet, PROTOCOL } from './ipv4.ts';
import type { ReportMalformed } from './octets.ts';
import { decodeTcp, type Tcp } from './tcp.ts';
import { decodeUdp, type Udp } from './udp.ts';
import { decodeVrrp, type Vrrp } from './vrrp.ts';

/** What could be understood of a frame: each layer as far as it is there, and what was wrong with the next. */
export interface Decoded {
  /** Absent when the frame is shorter than a header. */
  ethernet?: Ethernet;
  /** Absent when it is cut short or contradicts itself. */
  network?: Network;
  /** Why not everything was understood; absent for a sound frame. */
  malformed?: string;
  /** Length of the frame. */
  length: number;
}

export type Network = Arp | Ipv4 | Llc | OtherNetwork;

export interface Ipv4 extends Ipv4Packet {
  kind: 'ipv4';
  /** Absent in later fragments, and where it is cut short. */
  transport?: Transport;
}

export type Transport = Udp | Tcp | Icmp | Vrrp | { kind: 'other' };

/** IEEE 802.2 after a length instead of an EtherType: spanning tree (0x42), IS-IS (0xfe). */
export interface Llc {
  kind: 'llc';
  destinationServiceAccessPoint: number;
}

export interface OtherNetwork {
  kind: 'other';
  etherType: number;
}

/** Understand a frame. Never throws, whatever the bytes; the result refers to `frame`'s memory. */
export function decodeFrame(frame: Uint8Array): Decoded {
  const complaints: string[] = [];
  const reportMalformed: ReportMalformed = (reason) => complaints.push(reason);
  const decoded: Decoded = { length: frame.length };
  const ethernet = decodeEthernet(frame, reportMalformed);
  if (ethernet) {
    decoded.ethernet = ethernet.header;
    const network = decodeNetwork(ethernet.header.etherType, ethernet.payload, reportMalformed);
    if (network) decoded.network = network;
  }
  if (complaints.length > 0) decoded.malformed = complaints.join('; ');
  return decoded;
}

function decodeNetwork(etherType: number, payload: Uint8Array, reportMalformed: ReportMalformed): Network | undefined {
  if (etherType === ETHER_TYPE.arp) return decodeArp(payload, reportMalformed);
  if (etherType === ETHER_TYPE.ipv4) return decodeInternet(payload, reportMalformed);
  if (etherType >= SMALLEST_ETHER_TYPE) return { kind: 'other', etherType };
  if (payload.length < 3) reportMalformed(`LLC header cut short: ${payload.length} bytes`);
  return { kind: 'llc', destinationServiceAccessPoint: payload[0] ?? 0 };
}

function decodeInternet(payload: Uint8Array, reportMalformed: ReportMalformed): Ipv4 | undefined {
  const packet = decodeIpv4(payload, reportMalformed);
  if (!packet) return undefined;
  const transport = packet.fragmentOffset === 0 ? decodeTransport(packet, reportMalformed) : undefined;
  return { kind: 'ipv4', ...packet, ...(transport ? { transport } : {}) };
}

function decodeTransport(packet: Ipv4Packet, reportMalformed: ReportMalformed): Transport | undefined {
  const { protocol, payload } = packet;
  const unfragmented = !packet.moreFragments && packet.bytes.length === packet.totalLength;
  if (protocol === PROTOCOL.tcp) return decodeTcp(payload, packet, unfragmented, reportMalformed);
  if (protocol === PROTOCOL.udp) return decodeUdp(payload, packet, unfragmented, reportMalformed);
  if (protocol === PROTOCOL.icmp) return decodeIcmp(payload, unfragmented, reportMalformed);
  if (protocol === PROTOCOL.vrrp) return decodeVrrp(payload, packet, unfragmented, reportMalformed);
  return { kind: 'other' };
}
