import type { Decision } from '../specification/decision.ts';
import { nameOfFlow, PROTOCOL, readSegment, type Segment } from '../specification/flow.ts';
import { readEthernet, readIpv4 } from '../specification/packet.ts';
import type { HeldFrame } from '../tables/held-ring.ts';
import { nameOfService, type ServiceEntry } from '../tables/tables.ts';

/** Support for the differential test: frames that are held, as the specification and the program tell of them. */

/** The name of the flow of a segment or datagram with its ports; undefined for any other frame. */
export function flowNameIn(frame: Buffer): string | undefined {
  const segment = segmentIn(frame);
  return segment && nameOfFlow(segment.flow);
}

function segmentIn(frame: Buffer): (Segment & { at: number }) | undefined {
  const ethernet = readEthernet(frame);
  const ip = ethernet?.ethertype === 0x0800 ? readIpv4(frame, ethernet.payloadAt) : undefined;
  const segment = ip?.lengthsAgree && ip.fragmentOffset === 0 ? readSegment(frame, ip) : undefined;
  return ip && segment && { ...segment, at: ip.payloadAt };
}

/** What the ring has to hold after the decision. */
export function heldBy({ held }: Decision, frame: Buffer, ifindex: number, nowNs: bigint): object[] {
  if (!held) return [];
  const { by, slot, service, flow } = held;
  const tcpFlags = flow.protocol === PROTOCOL.tcp ? frame.readUInt8((segmentIn(frame)?.at ?? 0) + 13) : 0;
  return [
    { by, slot, service, flow: nameOfFlow(flow), ifindex, tcpFlags, arrivedNs: nowNs, frame: frame.toString('hex') },
  ];
}

/** What it does hold. `services`: in the order of their numbers. */
export function heldIn(frames: readonly HeldFrame[], services: readonly ServiceEntry[]): object[] {
  const nameOf = (number: number): string => {
    const entry = services[number];
    return entry ? nameOfService(entry) : `service ${number}`;
  };
  return frames.map(({ by, slot, service, flow, ifindex, tcpFlags, arrivedNs, frame }) => ({
    ...{ by, slot, service: nameOf(service), flow: nameOfFlow(flow), ifindex, tcpFlags, arrivedNs },
    frame: frame.toString('hex'),
  }));
}
