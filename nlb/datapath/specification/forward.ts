import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { decideArp } from './arp-gate.ts';
import { balance } from './balance.ts';
import { decideBeat } from './beat-gate.ts';
import { type Decision, dropped, passed, type Result } from './decision.ts';
import { hasPorts, headerBytes, PROTOCOL, readSegment } from './flow.ts';
import type { Knowledge, Server } from './knowledge.ts';
import { serviceOf } from './lookup.ts';
import {
  ETHERNET_BYTES,
  ETHERTYPE,
  type Ethernet,
  hasMoreTags,
  type Ipv4,
  isGroup,
  readArp,
  readEthernet,
  readIpv4,
} from './packet.ts';
import { readQuotedFlow } from './quote.ts';
import { forwardFirstFragment, forwardIcmpError, forwardLaterFragment } from './related.ts';

/**
 * The data path's specification: the decision about one frame. A pure function without randomness: a flow's server is selected by
 * its hash. datapath.bpf.c does the same in the kernel, and differential.test.ts compares the two.
 */

export interface Clocks {
  /** CLOCK_MONOTONIC. */
  nowNs: bigint;
  /** The same as of the kernel's last tick (CLOCK_MONOTONIC_COARSE). Entries of flows have this time. */
  tickNs: bigint;
  /** CLOCK_BOOTTIME: goes on while the machine is suspended. */
  bootNs: bigint;
}

export interface Arrival extends Clocks {
  frame: Buffer;
  /** The interface that it came in on. */
  ifindex: number;
  /** If receive offload has merged segments of one flow: octets of data in each. They leave one by one. */
  segmentBytes?: number;
}

/** Decides about a frame. Nothing is changed: `record()` carries the decision out for the next frames. */
export function forward(arrival: Arrival, known: Knowledge): Decision {
  const { to, held, ...decision } = decide(arrival, known);
  if (held) return { ...decision, frame: arrival.frame, ...(fitsRecord(arrival) ? { held } : TOO_LONG_TO_HOLD) };
  if (!to) return { ...decision, frame: arrival.frame };
  const { server, service } = to;
  if (packetBytes(arrival) > server.mtu) return { ...decision, outcome: 'DROPPED_TOO_LONG', frame: arrival.frame };
  const counts = [...decision.counts, { what: 'packet' as const, server: server.id, service }];
  return { ...decision, counts, frame: readdressed(arrival.frame, server), egress: server.ifindex };
}

const TOO_LONG_TO_HOLD = { outcome: 'DROPPED_TOO_LONG_TO_HOLD' } as const;
/** Octets of the frame in a record of the ring. */
export const MAX_HELD_BYTES = STRUCTS.heldFrame.size - STRUCTS.heldFrame.frame;

/** Whether a record has room for the frame. One of merged segments has no place there: they would leave as one. */
const fitsRecord = ({ frame, segmentBytes }: Arrival): boolean =>
  frame.length <= MAX_HELD_BYTES && segmentBytes === undefined;

/** Of a frame to be forwarded, which has no tag: octets of the longest packet that leaves for it. */
function packetBytes({ frame, segmentBytes }: Arrival): number {
  const ip = segmentBytes === undefined ? undefined : readIpv4(frame, ETHERNET_BYTES);
  if (segmentBytes === undefined || !ip) return frame.length - ETHERNET_BYTES;
  return ip.payloadAt - ETHERNET_BYTES + headerBytes(frame, ip) + segmentBytes;
}

function decide(arrival: Arrival, known: Knowledge): Result {
  const { frame, ifindex, nowNs, bootNs } = arrival;
  const iface = known.configured.interfaces.find((candidate) => candidate.ifindex === ifindex);
  const ethernet = readEthernet(frame);
  if (!iface || !ethernet) return passed('PASSED_NOT_OURS');
  if (isForVlanInterface(ethernet, iface, known)) return passed('PASSED_TAGGED');
  if (hasMoreTags(ethernet) && mayReachStack(ethernet, iface)) return dropped('DROPPED_TAGGED');
  if (ethernet.ethertype === ETHERTYPE.arp)
    return decideArp(readArp(frame, ethernet.payloadAt), { frame, arrivedOn: iface }, known, bootNs);
  const ip = ethernet.ethertype === ETHERTYPE.ipv4 ? readIpv4(frame, ethernet.payloadAt) : undefined;
  if (!ip) return passed('PASSED_NOT_OURS');
  return known.configured.clusterAddresses.has(ip.destination)
    ? decideForClusterAddress({ ...arrival, arrivedOn: iface, ethernet, ip }, known)
    : decideBeat({ frame, arrivedOn: iface, ethernet, ip }, known, nowNs);
}

/** The kernel removes the tag and gives the frame to the VLAN's interface, where it is decided. */
function isForVlanInterface(
  { tags: [id] }: Ethernet,
  { ifindex }: DatapathInterface,
  { configured }: Knowledge,
): boolean {
  return id !== undefined && configured.interfaces.some(({ vlan }) => vlan?.parent === ifindex && vlan.id === id);
}

/** The node's own stack removes any number of tags of VLAN 0, and what is inside may be to a cluster address. */
const mayReachStack = ({ destination }: Ethernet, { mac }: DatapathInterface): boolean =>
  destination === mac || isGroup(destination);

interface ClusterAddressPacket extends Arrival {
  arrivedOn: DatapathInterface;
  ethernet: Ethernet;
  ip: Ipv4;
}

/** No packet to a cluster address reaches the node's own stack, which would answer it. */
function decideForClusterAddress(packet: ClusterAddressPacket, known: Knowledge): Result {
  const { arrivedOn: iface, ethernet, ip } = packet;
  if (!(iface.roles & CONSTANTS.ROLE_ACCESS)) return dropped('DROPPED_SERVER_SIDE');
  if (ethernet.destination !== iface.mac) return dropped('DROPPED_FLOODED');
  if (ethernet.tags.length > 0) return dropped('DROPPED_TAGGED');
  if (!ip.lengthsAgree) return dropped('DROPPED_MALFORMED');
  const fragment = ip.fragmentOffset > 0 || ip.moreFragments;
  if (hasPorts(ip.protocol)) return ip.fragmentOffset > 0 ? decideLater(packet, known) : decideSegment(packet, known);
  return ip.protocol === PROTOCOL.icmp && !fragment ? decideError(packet, known) : dropped('DROPPED_NOT_SERVED');
}

const LEASE_MARGIN_NS = BigInt(CONSTANTS.LEASE_MARGIN_NS);

/** By the clock of the last tick, which costs less, while more than the margin of the lease remains; otherwise by the exact one. */
function mayForward({ nowNs, tickNs }: Arrival, { lease }: Knowledge): boolean {
  return tickNs + LEASE_MARGIN_NS < lease.forwardUntilNs || nowNs < lease.forwardUntilNs;
}

function decideSegment(arrival: ClusterAddressPacket, known: Knowledge): Result {
  const { ip, frame, tickNs: nowNs } = arrival;
  const segment = readSegment(frame, ip);
  if (!segment) return dropped('DROPPED_MALFORMED');
  const service = serviceOf(segment.flow, known);
  if (!service) return dropped('DROPPED_NOT_SERVED');
  if (!mayForward(arrival, known)) return dropped('DROPPED_NO_LEASE');
  const packet = { segment, service, nowNs };
  return ip.moreFragments ? forwardFirstFragment(ip, packet, known) : balance(packet, known);
}

function decideLater(arrival: ClusterAddressPacket, known: Knowledge): Result {
  return mayForward(arrival, known)
    ? forwardLaterFragment(arrival.ip, known, arrival.tickNs)
    : dropped('DROPPED_NO_LEASE');
}

function decideError(arrival: ClusterAddressPacket, known: Knowledge): Result {
  const { ip, frame, tickNs } = arrival;
  const flow = readQuotedFlow(frame, ip);
  if (flow === 'malformed') return dropped('DROPPED_MALFORMED');
  const service = flow === 'other' ? undefined : serviceOf(flow, known);
  if (flow === 'other' || !service) return dropped('DROPPED_NOT_SERVED');
  return mayForward(arrival, known) ? forwardIcmpError(flow, service, known, tickNs) : dropped('DROPPED_NO_LEASE');
}

function readdressed(frame: Buffer, { mac, ownMac }: Server): Buffer {
  const octets = Buffer.from(`${mac}${ownMac}`.replaceAll(':', ''), 'hex');
  return Buffer.concat([octets, frame.subarray(octets.length)]);
}
