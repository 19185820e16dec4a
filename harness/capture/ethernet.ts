import { macAt, macOctets } from './address-text.ts';
import { joined, type ReportMalformed, viewOf } from './octets.ts';

export const ETHER_TYPE = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd, serviceVlan: 0x88a8 } as const;

/** Below this the field is the length of an IEEE 802.3 frame, and LLC follows. */
export const SMALLEST_ETHER_TYPE = 0x0600;

const HEADER_BYTES = 14;
const TAG_BYTES = 4;
const MOST_TAGS = 2;

export interface VlanTag {
  /** 0x8100, or 0x88a8 for the outer one of two (IEEE 802.1ad). */
  tpid: number;
  id: number;
  priority: number;
  dropEligible: boolean;
}

export interface Ethernet {
  destination: string;
  source: string;
  /** Outermost first; at most two are understood. */
  vlans: VlanTag[];
  /** What follows the tags: an EtherType, or below 0x0600 an IEEE 802.3 length. */
  etherType: number;
}

/** @returns the header and what it carries (padding included); undefined when not even a header is there */
export function decodeEthernet(
  frame: Uint8Array,
  reportMalformed: ReportMalformed,
): { header: Ethernet; payload: Uint8Array } | undefined {
  if (frame.length < HEADER_BYTES) {
    reportMalformed(`Ethernet header cut short: ${frame.length} bytes`);
    return undefined;
  }
  const view = viewOf(frame);
  const vlans: VlanTag[] = [];
  let at = HEADER_BYTES - 2;
  while (isTag(view.getUint16(at)) && vlans.length < MOST_TAGS && at + TAG_BYTES + 2 <= frame.length) {
    vlans.push(decodeTag(view, at));
    at += TAG_BYTES;
  }
  const etherType = view.getUint16(at);
  if (isTag(etherType)) reportMalformed(vlans.length < MOST_TAGS ? 'VLAN tag cut short' : 'more than two VLAN tags');
  const header = { destination: macAt(frame, 0), source: macAt(frame, 6), vlans, etherType };
  return { header, payload: frame.subarray(at + 2) };
}

/** The EtherType of an untagged frame without decoding the rest: cheap, for picking frames out of very many. */
export function untaggedEtherType(frame: Uint8Array): number {
  return ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
}

function isTag(etherType: number): boolean {
  return etherType === ETHER_TYPE.vlan || etherType === ETHER_TYPE.serviceVlan;
}

function decodeTag(view: DataView, at: number): VlanTag {
  const control = view.getUint16(at + 2);
  return {
    tpid: view.getUint16(at),
    id: control & 0x0fff,
    priority: control >> 13,
    dropEligible: (control & 0x1000) !== 0,
  };
}

/** A frame without padding. @throws RangeError on an address that is none */
export function encodeEthernet(
  header: Omit<Ethernet, 'vlans'> & { vlans?: VlanTag[] },
  payload: Uint8Array,
): Uint8Array {
  const tags = (header.vlans ?? []).map(encodeTag);
  const type = Uint8Array.of(header.etherType >> 8, header.etherType & 0xff);
  return joined(macOctets(header.destination), macOctets(header.source), ...tags, type, payload);
}

function encodeTag(tag: VlanTag): Uint8Array {
  const control = (tag.priority << 13) | (tag.dropEligible ? 0x1000 : 0) | tag.id;
  return Uint8Array.of(tag.tpid >> 8, tag.tpid & 0xff, control >> 8, control & 0xff);
}
