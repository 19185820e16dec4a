import { BROADCAST_MAC, ZERO_MAC } from '../capture/address-text.ts';
import { encodeArp } from '../capture/arp.ts';
import { ETHER_TYPE, encodeEthernet } from '../capture/ethernet.ts';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeTcp, type TcpFlag } from '../capture/tcp.ts';
import { encodeUdp } from '../capture/udp.ts';
import { isAskedThroughout } from '../check/arp.ts';
import { type ArpSeen, arpsOf } from '../check/seen.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';
import type { Scene } from './scene.ts';

interface From {
  node: string;
  leg: string;
}

/** Broadcasts an ARP request for `address` from a leg of a node, with that leg's own addresses, `times` times. */
export function askFor(scene: Scene, address: string, from: From, times = 1): void {
  const sender = { senderMac: scene.mac(from.node, from.leg), senderIp: scene.address(from.node, from.leg) };
  const frame = broadcast({ ...sender, operation: 'request', targetIp: address });
  for (let time = 0; time < times; time++) scene.inject(from.node, from.leg, frame);
}

/** Both firewalls ask for the address every so many milliseconds, until the function that this gives is called. */
export function keepAsking(scene: Scene, address: string, everyMs: number): () => void {
  const ask = () => {
    for (const { name } of scene.lab.nodes('firewall')) askFor(scene, address, { node: name, leg: 'access' });
  };
  ask();
  const timer = setInterval(ask, everyMs);
  return scene.stops(timer);
}

const ASK_EVERY_MS = 50;

/** The legs ask for the address again and again, by requests or by probes, until they have done so for the whole time, without a pause. */
export async function askThroughout(
  scene: Scene,
  address: string,
  legs: readonly From[],
  forMs: number,
  ask = askFor,
): Promise<void> {
  const sinceNs = scene.nowNs();
  const isOne = ({ arp }: ArpSeen) => arp.operation === 'request' && arp.targetIp === address;
  const isOver = (events: HistoryEvent[]) =>
    legs.every(({ node, leg }) =>
      isAskedThroughout(arpsOf(events, { node, leg, direction: 'sent' }).filter(isOne), forMs),
    );
  const timer = setInterval(() => {
    for (const leg of legs) ask(scene, address, leg, 1);
  }, ASK_EVERY_MS);
  try {
    await scene.wait(`${address} is asked for throughout ${forMs} ms`, isOver, { sinceNs, withinMs: 10 * forMs });
  } finally {
    clearInterval(timer);
  }
}

/** An ARP request without a sender's address: an ARP probe (RFC 5227 section 2.1.1). */
export function probeFor(scene: Scene, address: string, from: From, times = 1): void {
  const senderMac = scene.mac(from.node, from.leg);
  const frame = broadcast({ senderMac, senderIp: '0.0.0.0', operation: 'request', targetIp: address });
  for (let time = 0; time < times; time++) scene.inject(from.node, from.leg, frame);
}

/** A station of that hardware address, plugged in at the leg, says that the address is its own: by announcement or answer. */
export function claim(scene: Scene, address: string, mac: string, at: From, operation: 'request' | 'reply'): void {
  scene.inject(at.node, at.leg, broadcast({ senderMac: mac, senderIp: address, operation, targetIp: address }));
}

function broadcast(arp: Omit<Parameters<typeof encodeArp>[0], 'targetMac'>): Uint8Array {
  const header = { destination: BROADCAST_MAC, source: arp.senderMac, etherType: ETHER_TYPE.arp };
  return encodeEthernet(header, encodeArp({ ...arp, targetMac: ZERO_MAC }));
}

/** Where a packet for the cluster enters a LAN, the access LAN unless a leg is named, and the hardware address and port that it is for. */
export interface Entry {
  from: string;
  leg?: string;
  to: string;
  protocol: 'tcp' | 'udp';
  port: number;
}

/** By which packets for a service reach the load balancer past the firewalls' filter. */
export function entryOf(scene: Scene, { name }: LabNode, service: string): Entry {
  const { protocol, port } = scene.service(service);
  return { from: 'fw1', to: scene.mac(name, 'access'), protocol, port };
}

/**
 * A TCP segment, a SYN unless other `flags` are given, or a UDP datagram for the first cluster address, as a firewall would send it on, to any hardware address.
 * @param options for the IPv4 header (RFC 791)
 */
export function packetForCluster(
  scene: Scene,
  { from, leg = 'access', to, protocol, port }: Entry,
  sourcePort: number,
  { source = strangerAt(scene, 99), options = new Uint8Array(), flags = ['syn'] as TcpFlag[] } = {},
): Uint8Array {
  const ends = { source, destination: scene.cluster };
  const ports = { sourcePort, destinationPort: port };
  const segment =
    protocol === 'tcp'
      ? encodeTcp({ ...ends, ...ports, sequence: 1, flags })
      : encodeUdp({ ...ends, ...ports, payload: new TextEncoder().encode('onevip') });
  const header = { ...ends, protocol: PROTOCOL[protocol], identification: sourcePort, options };
  const packet = encodeIpv4(header, segment);
  return encodeEthernet({ destination: to, source: scene.mac(from, leg), etherType: ETHER_TYPE.ipv4 }, packet);
}

/** What the service would answer to the port of an address that nobody has: a SYN that is acknowledged, or a datagram. */
export function replyOfCluster(
  scene: Scene,
  { from, leg = 'access', to, protocol, port }: Entry,
  toPort: number,
): Uint8Array {
  const ends = { source: scene.cluster, destination: strangerAt(scene, 99) };
  const ports = { sourcePort: port, destinationPort: toPort };
  const segment =
    protocol === 'tcp'
      ? encodeTcp({ ...ends, ...ports, sequence: 1, acknowledgement: 2, flags: ['syn', 'ack'] })
      : encodeUdp({ ...ends, ...ports, payload: new TextEncoder().encode('onevip') });
  const packet = encodeIpv4({ ...ends, protocol: PROTOCOL[protocol], identification: toPort }, segment);
  return encodeEthernet({ destination: to, source: scene.mac(from, leg), etherType: ETHER_TYPE.ipv4 }, packet);
}

/** An address of the first client's subnet that no node has, so that no kernel answers what comes back to it; from 99 on. */
export function strangerAt(scene: Scene, host: number): string {
  const [client] = scene.lab.nodes('client');
  const [leg] = client?.home.plan.legs ?? [];
  if (!client || !leg) throw new Error(`the topology ${scene.lab.plan.topology} has no client`);
  return scene.address(client.name, leg.name).replace(/\d+$/, String(host));
}

/** An ICMP echo request from a leg of a node to an address, at that hardware address. */
export function echoRequest(
  scene: Scene,
  from: { node: string; leg: string },
  to: { address: string; mac: string },
  sequence: number,
): Uint8Array {
  const message = encodeIcmp({ type: 8, code: 0, rest: sequence, payload: new TextEncoder().encode('onevip') });
  const ends = { source: scene.address(from.node, from.leg), destination: to.address };
  const packet = encodeIpv4({ ...ends, protocol: PROTOCOL.icmp, identification: sequence }, message);
  const source = scene.mac(from.node, from.leg);
  return encodeEthernet({ destination: to.mac, source, etherType: ETHER_TYPE.ipv4 }, packet);
}
