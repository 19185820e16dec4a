import { type Address, addressAt, type Mac, macAt } from './address.ts';

/**
 * The headers of a frame, as far as the data path reads them. A reader returns undefined if the frame ends before the header
 * does. Positions are octets from the start of the frame; all numbers are unsigned and in network order.
 */

export interface Ethernet {
  destination: Mac;
  /** VLAN ids of the tags, the outer one first. */
  tags: number[];
  /** Behind the tags. */
  ethertype: number;
  /** Where the payload begins. */
  payloadAt: number;
}

/** RFC 791 section 3.1. */
export interface Ipv4 {
  source: Address;
  destination: Address;
  protocol: number;
  /** Where the header begins, and what follows it. */
  at: number;
  payloadAt: number;
  /** Where the packet ends by its total length; padding may follow in the frame. */
  endAt: number;
  /** Whether header, packet and frame lie within each other, in this order (RFC 1122 section 3.2.1.2). */
  lengthsAgree: boolean;
  /** What the fragments of one datagram have in common, beside the addresses and the protocol. */
  id: number;
  /** Of a datagram's fragment: where it belongs, in units of eight octets, and whether others follow it. */
  fragmentOffset: number;
  moreFragments: boolean;
}

/** RFC 826, Ethernet and IPv4. */
export interface Arp {
  isRequest: boolean;
  sender: Address;
  senderMac: Mac;
  target: Address;
  /** Undefined by RFC 826 in a request. */
  targetMac: Mac;
}

export const ETHERTYPE = { ipv4: 0x0800, arp: 0x0806 } as const;
/** IEEE 802.1Q: customer and service tags. */
const TAG_TYPES = [0x8100, 0x88a8];
const MAX_TAGS = 2;
const TAG_BYTES = 4;
const MAC_BYTES = 6;
/** Of the header without tags. */
export const ETHERNET_BYTES = 14;
const IPV4_BYTES = 20;
const ARP_BYTES = 28;
/** First octets of an ARP packet for IPv4 over Ethernet: both types, and the lengths of their addresses. */
const ARP_KIND = Buffer.from('000108000604', 'hex');
const ARP_REQUEST = 1;

/** Whether another tag follows those that were read, so that the payload is unknown. */
export const hasMoreTags = ({ ethertype }: Ethernet): boolean => TAG_TYPES.includes(ethertype);

/** Whether it is a group address: multicast or broadcast (IEEE 802). */
export const isGroup = (mac: Mac): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1;

export function readEthernet(frame: Buffer): Ethernet | undefined {
  const tags: number[] = [];
  let typeAt = 2 * MAC_BYTES;
  while (typeAt + 2 <= frame.length) {
    const ethertype = frame.readUInt16BE(typeAt);
    const tagged = TAG_TYPES.includes(ethertype) && tags.length < MAX_TAGS;
    if (!tagged) return { destination: macAt(frame, 0), tags, ethertype, payloadAt: typeAt + 2 };
    if (typeAt + 2 + TAG_BYTES > frame.length) return undefined;
    tags.push(frame.readUInt16BE(typeAt + 2) & 0xfff);
    typeAt += TAG_BYTES;
  }
  return undefined;
}

/** Its fixed part; undefined also where the version is not 4. */
export function readIpv4(frame: Buffer, at: number): Ipv4 | undefined {
  if (at + IPV4_BYTES > frame.length || frame.readUInt8(at) >> 4 !== 4) return undefined;
  const headerBytes = (frame.readUInt8(at) & 0xf) * 4;
  const totalBytes = frame.readUInt16BE(at + 2);
  const fragment = frame.readUInt16BE(at + 6);
  return {
    source: addressAt(frame, at + 12),
    destination: addressAt(frame, at + 16),
    protocol: frame.readUInt8(at + 9),
    at,
    payloadAt: at + headerBytes,
    endAt: at + totalBytes,
    lengthsAgree: headerBytes >= IPV4_BYTES && headerBytes <= totalBytes && at + totalBytes <= frame.length,
    id: frame.readUInt16BE(at + 4),
    fragmentOffset: fragment & 0x1fff,
    moreFragments: (fragment & 0x2000) !== 0,
  };
}

export function readArp(frame: Buffer, at: number): Arp | undefined {
  if (at + ARP_BYTES > frame.length) return undefined;
  const known = ARP_KIND.equals(frame.subarray(at, at + ARP_KIND.length));
  const isRequest = known && frame.readUInt16BE(at + 6) === ARP_REQUEST;
  return {
    isRequest,
    senderMac: macAt(frame, at + 8),
    sender: addressAt(frame, at + 14),
    targetMac: macAt(frame, at + 18),
    target: addressAt(frame, at + 24),
  };
}
