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

/** A frame is looked at by many checkers; it is decoded once, and forgotten with its event. */
const decodedFrames = new WeakMap<FrameSeen, Decoded>();

export function decoded(event: FrameSeen): Decoded {
  const known = decodedFrames.get(event);
  if (known) return known;
  const found = decodeFrame(event.bytes);
  decodedFrames.set(event, found);
  return found;
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

export function packetsOf(events: readonly HistoryEvent[], filter: FrameFilter): PacketSeen[] {
  return framesOf(events, filter).flatMap((event) => {
    if (!mayCarry(event, ETHER_TYPE.ipv4)) return [];
    const { ethernet, network } = decoded(event);
    return ethernet && network?.kind === 'ipv4' ? [{ event, ethernet, packet: network }] : [];
  });
}

/** A glance that spares decoding most of the frames. */
function mayCarry(event: FrameSeen, etherType: number): boolean {
  const type = untaggedEtherType(event.bytes);
  return type === etherType || type === ETHER_TYPE.vlan || type === ETHER_TYPE.serviceVlan;
}

export function eventsOf(seen: readonly { event: FrameSeen }[]): FrameSeen[] {
  return seen.map(({ event }) => event);
}

export function portText({ node, leg }: { node: string; leg: string }): string {
  return `${node}/${leg}`;
}
