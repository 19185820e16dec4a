import type { Port } from '../attach/ports.ts';
import { CONSTANTS } from '../program/layout.ts';
import { decideArp } from './arp-gate.ts';
import { balance } from './balance.ts';
import { decideOwn } from './beat-gate.ts';
import { type Decision, dropped, passed, type Result } from './decision.ts';
import { hasPorts, headerBytes, PROTOCOL, readSegment } from './flow.ts';
import type { Knowledge, Server } from './knowledge.ts';
import { serviceOf } from './lookup.ts';
import {
  ETHERNET_BYTES,
  ETHERTYPE,
  type Ethernet,
  type Ipv4,
  isBuried,
  isGroup,
  readArp,
  readEthernet,
  readIpv4,
} from './packet.ts';
import { readQuotedFlow } from './quote.ts';
import { follow, lead, relate } from './related.ts';

/**
 * The data path's specification: what becomes of one frame. A pure function; nothing in it is random, because a flow is
 * placed by its hash. datapath.bpf.c does the same in the kernel, and differential.test.ts holds the two against each other.
 */

export interface Clocks {
  /** CLOCK_MONOTONIC. */
  nowNs: bigint;
  /** The same as of the kernel's last tick (CLOCK_MONOTONIC_COARSE). What is written down of flows bears this time. */
  tickNs: bigint;
  /** CLOCK_BOOTTIME: as the first, and it goes on while the machine is suspended. */
  bootNs: bigint;
}

export interface Arrival extends Clocks {
  frame: Buffer;
  /** The interface that it came in on. */
  ifindex: number;
  /** Where receive offload has put segments of one flow together: octets of data in each. They leave one by one. */
  segmentBytes?: number;
}

/** What becomes of a frame. Nothing is changed: `record()` does what the decision says, so that the next frame finds it. */
export function forward(arrival: Arrival, known: Knowledge): Decision {
  const { to, ...decision } = decide(arrival, known);
  if (!to) return { ...decision, frame: arrival.frame };
  const { server, service } = to;
  if (packetBytes(arrival) > server.mtu) return { ...decision, outcome: 'DROPPED_TOO_LONG', frame: arrival.frame };
  const counts = [...decision.counts, { what: 'packet' as const, server: server.id, service }];
  return { ...decision, counts, frame: readdressed(arrival.frame, server), egress: server.ifindex };
}

/** Of what is forwarded, which bears no tag: octets of the longest packet that leaves for it. */
function packetBytes({ frame, segmentBytes }: Arrival): number {
  const ip = segmentBytes === undefined ? undefined : readIpv4(frame, ETHERNET_BYTES);
  if (segmentBytes === undefined || !ip) return frame.length - ETHERNET_BYTES;
  return ip.payloadAt - ETHERNET_BYTES + headerBytes(frame, ip) + segmentBytes;
}

function decide(arrival: Arrival, known: Knowledge): Result {
  const { frame, ifindex, nowNs, bootNs } = arrival;
  const port = known.told.ports.find((candidate) => candidate.ifindex === ifindex);
  const ethernet = readEthernet(frame);
  if (!port || !ethernet) return passed('PASSED_NOT_OURS');
  if (isForVlanPort(ethernet, port, known)) return passed('PASSED_TAGGED');
  if (isBuried(ethernet) && mayReachStack(ethernet, port)) return dropped('DROPPED_TAGGED');
  if (ethernet.ethertype === ETHERTYPE.arp)
    return decideArp(readArp(frame, ethernet.payloadAt), { frame, port }, known, bootNs);
  const ip = ethernet.ethertype === ETHERTYPE.ipv4 ? readIpv4(frame, ethernet.payloadAt) : undefined;
  if (!ip) return passed('PASSED_NOT_OURS');
  return known.told.clusters.has(ip.destination)
    ? decideForCluster({ ...arrival, port, ethernet, ip }, known)
    : decideOwn({ frame, port, ethernet, ip }, known, nowNs);
}

/** The kernel takes the tag off and gives the frame to the VLAN's interface, where it comes by here once more. */
function isForVlanPort({ tags: [id] }: Ethernet, { ifindex }: Port, { told }: Knowledge): boolean {
  return id !== undefined && told.ports.some(({ vlan }) => vlan?.parent === ifindex && vlan.id === id);
}

/** The node's own stack takes off any number of tags of VLAN 0, and what is inside may be to a cluster address. */
const mayReachStack = ({ destination }: Ethernet, { mac }: Port): boolean =>
  destination === mac || isGroup(destination);

interface ClusterPacket extends Arrival {
  port: Port;
  ethernet: Ethernet;
  ip: Ipv4;
}

/** Nothing that is sent to a cluster address gets past here to the node's own stack, which would answer it. */
function decideForCluster(packet: ClusterPacket, known: Knowledge): Result {
  const { port, ethernet, ip } = packet;
  if (!(port.roles & CONSTANTS.ROLE_ACCESS)) return dropped('DROPPED_SERVER_SIDE');
  if (ethernet.destination !== port.mac) return dropped('DROPPED_FLOODED');
  if (ethernet.tags.length > 0) return dropped('DROPPED_TAGGED');
  if (!ip.sound) return dropped('DROPPED_MALFORMED');
  const fragment = ip.fragmentOffset > 0 || ip.moreFragments;
  if (hasPorts(ip.protocol)) return ip.fragmentOffset > 0 ? decideLater(packet, known) : decideSegment(packet, known);
  return ip.protocol === PROTOCOL.icmp && !fragment ? decideError(packet, known) : dropped('DROPPED_NOT_SERVED');
}

const LEASE_MARGIN_NS = BigInt(CONSTANTS.LEASE_MARGIN_NS);

/** By the clock of the last tick, which costs less, where the lease goes on for long; by the exact one where it may be over. */
function mayForward({ nowNs, tickNs }: Arrival, { lease }: Knowledge): boolean {
  return tickNs + LEASE_MARGIN_NS < lease.forwardUntilNs || nowNs < lease.forwardUntilNs;
}

function decideSegment(arrival: ClusterPacket, known: Knowledge): Result {
  const { ip, frame, tickNs: nowNs } = arrival;
  const segment = readSegment(frame, ip);
  if (!segment) return dropped('DROPPED_MALFORMED');
  const service = serviceOf(segment.flow, known);
  if (!service) return dropped('DROPPED_NOT_SERVED');
  if (!mayForward(arrival, known)) return dropped('DROPPED_NO_LEASE');
  const packet = { segment, service, nowNs };
  return ip.moreFragments ? lead(ip, packet, known) : balance(packet, known);
}

function decideLater(arrival: ClusterPacket, known: Knowledge): Result {
  return mayForward(arrival, known) ? follow(arrival.ip, known, arrival.tickNs) : dropped('DROPPED_NO_LEASE');
}

function decideError(arrival: ClusterPacket, known: Knowledge): Result {
  const { ip, frame, tickNs } = arrival;
  const flow = readQuotedFlow(frame, ip);
  if (flow === 'malformed') return dropped('DROPPED_MALFORMED');
  const service = flow === 'other' ? undefined : serviceOf(flow, known);
  if (flow === 'other' || !service) return dropped('DROPPED_NOT_SERVED');
  return mayForward(arrival, known) ? relate(flow, service, known, tickNs) : dropped('DROPPED_NO_LEASE');
}

function readdressed(frame: Buffer, { mac, ownMac }: Server): Buffer {
  const octets = Buffer.from(`${mac}${ownMac}`.replaceAll(':', ''), 'hex');
  return Buffer.concat([octets, frame.subarray(octets.length)]);
}
