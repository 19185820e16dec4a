import { decideArp } from './arp-gate.ts';
import { balance } from './balance.ts';
import { type Decision, dropped, passed, type Result } from './decision.ts';
import { type Flow, hasPorts, nameOfFlow, PROTOCOL, readSegment } from './flow.ts';
import type { Connection, Knowledge, Server, Service } from './knowledge.ts';
import { CONSTANTS } from './layout.ts';
import { ETHERTYPE, type Ethernet, type Ipv4, readArp, readEthernet, readIpv4 } from './packet.ts';
import type { Port } from './ports.ts';
import { nameOfService } from './tables.ts';

/**
 * The data path's specification: what becomes of one frame. A pure function; nothing in it is random, because a flow is
 * placed by its hash. datapath.bpf.c does the same in the kernel, and differential.test.ts holds the two against each other.
 */

export interface Arrival {
  frame: Buffer;
  /** The interface that it came in on. */
  ifindex: number;
  /** CLOCK_MONOTONIC. */
  nowNs: bigint;
}

/** What becomes of a frame. Nothing is changed: `record()` does what the decision says, so that the next frame finds it. */
export function forward(arrival: Arrival, known: Knowledge): Decision {
  const { to, ...decision } = decide(arrival, known);
  return to
    ? { ...decision, frame: readdressed(arrival.frame, to), egress: to.ifindex }
    : { ...decision, frame: arrival.frame };
}

function decide(arrival: Arrival, known: Knowledge): Result {
  const { frame, ifindex, nowNs } = arrival;
  const port = known.told.ports.find((candidate) => candidate.ifindex === ifindex);
  const ethernet = readEthernet(frame);
  if (!port || !ethernet) return passed('PASSED_NOT_OURS');
  if (ethernet.ethertype === ETHERTYPE.arp) return decideArp(readArp(frame, ethernet.payloadAt), port, known, nowNs);
  const ip = ethernet.ethertype === ETHERTYPE.ipv4 ? readIpv4(frame, ethernet.payloadAt) : undefined;
  return ip && known.told.clusters.has(ip.destination)
    ? decideForCluster({ ...arrival, port, ethernet, ip }, known)
    : passed('PASSED_NOT_OURS');
}

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
  if (ip.fragmentOffset > 0 || ip.moreFragments) return dropped('DROPPED_FRAGMENT');
  return decideSegment(packet, known);
}

function decideSegment({ ip, frame, nowNs }: ClusterPacket, known: Knowledge): Result {
  const segment = readSegment(frame, ip);
  if (!segment) return dropped(hasPorts(ip.protocol) ? 'DROPPED_MALFORMED' : 'DROPPED_NOT_SERVED');
  const connection = known.kept.connections.get(nameOfFlow(segment.flow));
  const service = serviceOf(connection, known) ?? findService(segment.flow, known);
  if (!service) return dropped('DROPPED_NOT_SERVED');
  if (nowNs >= known.lease.forwardUntilNs) return dropped('DROPPED_NO_LEASE');
  return balance({ segment, service, connection, nowNs }, known, () => findService(segment.flow, known));
}

/** A connection stays with the service that it began with, while there is one. */
function serviceOf(connection: Connection | undefined, { told }: Knowledge): Service | undefined {
  return connection && told.services.get(connection.service);
}

/** That of the port, or else that of any port. */
function findService({ protocol, destination, destinationPort }: Flow, { told }: Knowledge): Service | undefined {
  const of = { address: destination, protocol: protocol === PROTOCOL.tcp ? 'tcp' : 'udp' } as const;
  const byPort = told.services.get(nameOfService({ ...of, port: destinationPort }));
  return byPort ?? told.services.get(nameOfService({ ...of, port: 0 }));
}

function readdressed(frame: Buffer, { mac, ownMac }: Server): Buffer {
  const octets = Buffer.from(`${mac}${ownMac}`.replaceAll(':', ''), 'hex');
  return Buffer.concat([octets, frame.subarray(octets.length)]);
}
