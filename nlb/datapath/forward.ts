import type { Mac } from './address.ts';
import { decideArp } from './arp-gate.ts';
import { type Flow, hasPorts, nameOfFlow, PROTOCOL, readFlow } from './flow.ts';
import type { Connection, Knowledge, Server, Service } from './knowledge.ts';
import { CONSTANTS, type OutcomeName } from './layout.ts';
import { ETHERTYPE, type Ethernet, type Ipv4, readArp, readEthernet, readIpv4 } from './packet.ts';
import { selectServer, serverOf } from './placement.ts';
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

export interface Decision {
  /** Its first word is the verdict: PASSED to the node's own stack, FORWARDED, or DROPPED. */
  outcome: OutcomeName;
  /** As it leaves: the same octets, but for the two hardware addresses of a frame that is forwarded. */
  frame: Buffer;
  /** The interface that a forwarded frame leaves by. */
  egress?: number;
  /** What is to be written down, in order. */
  writes: Write[];
}

/** An entry of what is kept, with its new value; or that the peer has asked for the NLBS address. */
export type Write = { table: 'connections'; name: string; value: Connection } | { table: 'peerAsked' };

/** What a decision adds to its outcome. */
type Result = Omit<Decision, 'frame'> & { to?: Server };

const only = (outcome: OutcomeName): Result => ({ outcome, writes: [] });

/** What becomes of a frame. Nothing is changed: apply `writes` to go on. */
export function forward(arrival: Arrival, known: Knowledge): Decision {
  const { to, ...decision } = decide(arrival, known);
  return { ...decision, frame: to ? readdressed(arrival.frame, to) : arrival.frame };
}

function decide(arrival: Arrival, known: Knowledge): Result {
  const { frame, ifindex, nowNs } = arrival;
  const port = known.told.ports.find((candidate) => candidate.ifindex === ifindex);
  const ethernet = readEthernet(frame);
  if (!port || !ethernet) return only('PASSED_NOT_OURS');
  if (ethernet.ethertype === ETHERTYPE.arp) {
    return decideArp(readArp(frame, ethernet.payloadAt), port, known, nowNs);
  }
  const ip = ethernet.ethertype === ETHERTYPE.ipv4 ? readIpv4(frame, ethernet.payloadAt) : undefined;
  return ip && known.told.clusters.has(ip.destination)
    ? decideForCluster({ ...arrival, port, ethernet, ip }, known)
    : only('PASSED_NOT_OURS');
}

interface ClusterPacket extends Arrival {
  port: Port;
  ethernet: Ethernet;
  ip: Ipv4;
}

/** Nothing that is sent to a cluster address gets past here to the node's own stack, which would answer it. */
function decideForCluster(packet: ClusterPacket, known: Knowledge): Result {
  const { port, ethernet, ip, frame, nowNs } = packet;
  if (!(port.roles & CONSTANTS.ROLE_ACCESS)) return only('DROPPED_SERVER_SIDE');
  if (ethernet.destination !== port.mac) return only('DROPPED_FLOODED');
  if (ethernet.tags.length > 0) return only('DROPPED_TAGGED');
  if (!ip.sound) return only('DROPPED_MALFORMED');
  if (ip.fragmentOffset > 0 || ip.moreFragments) return only('DROPPED_FRAGMENT');
  const flow = readFlow(frame, ip);
  if (!flow) return only(hasPorts(ip.protocol) ? 'DROPPED_MALFORMED' : 'DROPPED_NOT_SERVED');
  const service = findService(flow, known);
  if (!service) return only('DROPPED_NOT_SERVED');
  if (nowNs >= known.lease.forwardUntilNs) return only('DROPPED_NO_LEASE');
  return balance(flow, service, known, nowNs);
}

function findService({ protocol, destination, destinationPort }: Flow, { told }: Knowledge): Service | undefined {
  const name = { address: destination, port: destinationPort };
  return told.services.get(nameOfService({ ...name, protocol: protocol === PROTOCOL.tcp ? 'tcp' : 'udp' }));
}

/** A connection keeps its server while that is usable, whatever the selection table says by now. */
function balance(flow: Flow, service: Service, { told, kept }: Knowledge, nowNs: bigint): Result {
  const name = nameOfFlow(flow);
  const connection = kept.connections.get(name);
  const own = connection && serverOf(told, connection);
  const server = own ?? selectServer(told, service, flow);
  if (!server) return only('DROPPED_NO_SERVER');
  const value = { seenNs: nowNs, server: server.id, serverAddress: server.address };
  const outcome = own ? 'FORWARDED_ESTABLISHED' : connection ? 'FORWARDED_MOVED' : 'FORWARDED_NEW';
  return { outcome, to: server, egress: server.ifindex, writes: [{ table: 'connections', name, value }] };
}

function readdressed(frame: Buffer, { mac, ownMac }: Server & { mac?: Mac }): Buffer {
  const octets = Buffer.from(`${mac}${ownMac}`.replaceAll(':', ''), 'hex');
  return Buffer.concat([octets, frame.subarray(octets.length)]);
}
