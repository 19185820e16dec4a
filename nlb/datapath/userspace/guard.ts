import { quadToBytes } from '../../kernel/inet.ts';
import { nft } from '../../kernel/nftables.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Tables } from '../tables/tables.ts';

/**
 * A table of nftables at the ingress of our interfaces, behind packet sockets. It drops what the forwarder handles and the node's own
 * stack must not get: packets to cluster addresses, and ARP requests for them and for the NLBS address. It stays when the daemon
 * dies, as the forwarder does.
 */

export type Guarded = Pick<Tables, 'nlbs' | 'clusterAddresses' | 'heartbeat'>;

const PURPOSE = "keeps the node's own stack from our packets";

/** Create or replace the table, atomically. Throws an Error with nft's message. */
export function putGuard(name: string, guarded: Guarded, interfaces: readonly DatapathInterface[]): void {
  nft(rulesetOf(name, guarded, interfaces), PURPOSE);
}

/**
 * The same for what asks for the same table on the same interfaces: one that is made anew under its name has lost what was at its
 * ingress.
 */
export function guardKey(name: string, guarded: Guarded, interfaces: readonly DatapathInterface[]): string {
  return [rulesetOf(name, guarded, interfaces), ...interfaces.map(({ ifindex }) => ifindex)].join('\n');
}

/** Remove it, if it exists. Throws as putGuard(). */
export function dropGuard(name: string): void {
  nft(`add table netdev ${name}\ndelete table netdev ${name}\n`, PURPOSE);
}

/** As nft reads it. */
function rulesetOf(name: string, guarded: Guarded, interfaces: readonly DatapathInterface[]): string {
  const { nlbs, clusterAddresses } = guarded;
  const set = (label: string, addresses: readonly string[]): string =>
    `set ${label} { type ipv4_addr; ${addresses.length > 0 ? `elements = { ${addresses.join(', ')} }` : ''} }`;
  return [
    `add table netdev ${name}`,
    `delete table netdev ${name}`,
    `table netdev ${name} {`,
    set('cluster_addresses', clusterAddresses),
    set('asked', [...clusterAddresses, nlbs]),
    ...interfaces.map((iface, index) => chainOf(iface, `interface${index}`, guarded, interfaces)),
    '}\n',
  ].join('\n');
}

/** Before the rules of others: what the stack must not get, they must not get either. */
const PRIORITY = -500;

/**
 * The kernel removes the outer tag before these rules, and an inner one after them. If the outer one is that of VLAN 0 (a priority, no
 * VLAN), what is inside goes to the stack. Behind the inner tag: an ethertype and an IPv4 header.
 */
const INSIDE_TWO_TAGS = 'meta protocol { 0x8100, 0x88a8 } @nh,16,16 0x0800 @nh,160,32';
/** More tags than are parsed: what the stack would accept is dropped, whatever it is. */
const UNDER_THREE_TAGS = 'meta protocol { 0x8100, 0x88a8 } @nh,16,16 { 0x8100, 0x88a8 }';
const hexOf = (address: string): string => `0x${Buffer.from(quadToBytes(address)).toString('hex')}`;

/** The envelope's, in octets of a UDP datagram. */
const BEAT_MAGIC = '@th,64,32 0x4e4c4250';
const UDP_BYTES = 8;
/** Of both kinds, as the specification allows them. */
const BEATS_PER_SECOND =
  ((CONSTANTS.BEATS_ALLOWED + CONSTANTS.UNVERIFIED_BEATS_ALLOWED) * 1e9) / CONSTANTS.BEAT_WINDOW_NS;

/** Drops what cannot be a heartbeat of the peer, and heartbeats above the limit; see specification/beat-gate.ts. */
function noBeats({ heartbeat: { port, access, server } }: Guarded): string[] {
  if (port === 0) return [];
  const [least, most] = [CONSTANTS.BEAT_LEAST_BYTES + UDP_BYTES, CONSTANTS.BEAT_MOST_BYTES + UDP_BYTES];
  return [access, server].flatMap(({ own, peer }) => {
    const toUs = `ip daddr ${own} udp dport ${port}`;
    return [
      `${toUs} ip saddr != ${peer} drop`,
      `${toUs} udp sport != ${port} drop`,
      `${toUs} udp length != ${least}-${most} drop`,
      `${toUs} ${BEAT_MAGIC.replace(' ', ' != ')} drop`,
      `${toUs} limit rate over ${BEATS_PER_SECOND}/second burst ${BEATS_PER_SECOND / 100} packets drop`,
    ];
  });
}

function chainOf(
  iface: DatapathInterface,
  name: string,
  guarded: Guarded,
  interfaces: readonly DatapathInterface[],
): string {
  const { nlbs, clusterAddresses } = guarded;
  const inside = interfaces.flatMap(({ vlan }) =>
    vlan?.parent === iface.ifindex ? [`vlan id ${vlan.id} accept`] : [],
  );
  // An announcement: no stack answers it, and the daemon must see who uses the address.
  const announcement = `arp saddr ip ${nlbs} arp daddr ip ${nlbs} accept`;
  return [
    `chain ${name} {`,
    `type filter hook ingress device "${iface.device}" priority ${PRIORITY}; policy accept;`,
    ...inside,
    'ip daddr @cluster_addresses drop',
    ...clusterAddresses.map((address) => `${INSIDE_TWO_TAGS} ${hexOf(address)} drop`),
    `${UNDER_THREE_TAGS} meta pkttype != other drop`,
    ...(iface.roles & CONSTANTS.ROLE_ACCESS ? [announcement] : []),
    'arp operation request arp daddr ip @asked drop',
    ...noBeats(guarded),
    '}',
  ].join('\n');
}
