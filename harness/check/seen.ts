import { ipv4At, ipv4Octets } from '../capture/address-text.ts';
import type { Arp } from '../capture/arp.ts';
import { ETHER_TYPE, type Ethernet, untaggedEtherType } from '../capture/ethernet.ts';
import { type Decoded, decodeFrame, type Ipv4 } from '../capture/frame.ts';
import type { FrameSeen, HistoryEvent } from '../history/event.ts';

/** A leg's place in a switch. */
export interface Port {
  lan: string;
  node: string;
  leg: string;
}

export type FrameFilter = Partial<Port> & { direction?: FrameSeen['direction'] };

export interface ArpSeen {
  event: FrameSeen;
  ethernet: Ethernet;
  arp: Arp;
}

export interface PacketSeen {
  event: FrameSeen;
  ethernet: Ethernet;
  packet: Ipv4;
}

/** Where an event keeps what its bytes say: in a WeakMap of all frames the collector would look for each of them again and again. */
const DECODED = Symbol('decoded');

interface Remembering extends FrameSeen {
  [DECODED]?: { of: Uint8Array; is: Decoded };
}

/** A frame is looked at by many checkers; it is decoded once. A copy of its event may have other bytes. */
export function decoded(event: Remembering): Decoded {
  const known = event[DECODED];
  if (known?.of === event.bytes) return known.is;
  const found = { of: event.bytes, is: decodeFrame(event.bytes) };
  event[DECODED] = found;
  return found.is;
}

/** Frames that fit every field given. */
export function framesOf(events: readonly HistoryEvent[], filter: FrameFilter): FrameSeen[] {
  const { lan, node, leg, direction } = filter;
  return events.filter(
    (event): event is FrameSeen =>
      event.kind === 'frame' &&
      (lan === undefined || event.lan === lan) &&
      (node === undefined || event.node === node) &&
      (leg === undefined || event.leg === leg) &&
      (direction === undefined || event.direction === direction),
  );
}

export function arpsOf(events: readonly HistoryEvent[], filter: FrameFilter): ArpSeen[] {
  return framesOf(events, filter).flatMap((event) => {
    if (!mayCarry(event, ETHER_TYPE.arp)) return [];
    const { ethernet, network } = decoded(event);
    return ethernet && network?.kind === 'arp' ? [{ event, ethernet, arp: network }] : [];
  });
}

export function packetsOf(events: readonly HistoryEvent[], filter: FrameFilter & { source?: string }): PacketSeen[] {
  const { source } = filter;
  const octets = source === undefined ? undefined : ipv4Octets(source);
  return framesOf(events, filter).flatMap((event) => {
    if (!mayCarry(event, ETHER_TYPE.ipv4) || (octets && isFromAnother(event, octets))) return [];
    const { ethernet, network } = decoded(event);
    if (!ethernet || network?.kind !== 'ipv4') return [];
    return source === undefined || network.source === source ? [{ event, ethernet, packet: network }] : [];
  });
}

/** Where they stand in an untagged frame: after the 14 octets of Ethernet, at 12 and 16 of the IPv4 header (RFC 791). */
const [SOURCE_AT, DESTINATION_AT] = [14 + 12, 14 + 16];

/** The IPv4 addresses of an untagged frame, without decoding it; undefined where it is another one, or too short. */
export function plainAddresses({ bytes }: FrameSeen): { source: string; destination: string } | undefined {
  if (untaggedEtherType(bytes) !== ETHER_TYPE.ipv4 || bytes.length < DESTINATION_AT + 4) return undefined;
  return { source: ipv4At(bytes, SOURCE_AT), destination: ipv4At(bytes, DESTINATION_AT) };
}

/** An untagged frame whose packet is from another address, without decoding it. */
const isFromAnother = ({ bytes }: FrameSeen, source: Uint8Array): boolean =>
  untaggedEtherType(bytes) === ETHER_TYPE.ipv4 &&
  bytes.length >= SOURCE_AT + 4 &&
  source.some((octet, index) => bytes[SOURCE_AT + index] !== octet);

/** A glance that spares decoding most of the frames. */
export function mayCarry(event: FrameSeen, etherType: number): boolean {
  const type = untaggedEtherType(event.bytes);
  return type === etherType || type === ETHER_TYPE.vlan || type === ETHER_TYPE.serviceVlan;
}

export function eventsOf(seen: readonly { event: FrameSeen }[]): FrameSeen[] {
  return seen.map(({ event }) => event);
}

export function portText({ node, leg }: { node: string; leg: string }): string {
  return `${node}/${leg}`;
}
