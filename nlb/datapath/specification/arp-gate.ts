import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import { macAt } from './address.ts';
import type { Result, Write } from './decision.ts';
import type { Knowledge } from './knowledge.ts';
import type { Arp } from './packet.ts';

/**
 * Who may be told where the NLBS address is; and nobody is told where a cluster address is. Only requests are answered,
 * so only requests are held back. In the layout of the prior art the NLBS address is the cluster address: then the lease
 * decides.
 *
 * The peer, by the hardware address that its beats name, asks everybody when it is about to lead: that is noted, lease or no
 * lease, because without one the request goes no further and the daemon would never hear of it. Of what it asks us alone
 * nothing follows: that is how it sees whether we are there.
 *
 * Once it leads over one that it cannot hear, it probes and names no hardware address. Where nobody renews our lease any
 * more, and our daemon may wake, forwarding ends with that; a node that gave its lease back goes on, because its successor
 * counts on that, and so does one whose daemon was killed, because nothing is to be lost by that.
 */
export function decideArp(
  arp: Arp | undefined,
  from: { frame: Buffer; arrivedOn: DatapathInterface },
  known: Knowledge,
  bootNs: bigint,
): Result {
  const outcome = gate(arp, from.arrivedOn, known, bootNs);
  const nlbsAsked = outcome === 'PASSED_ARP_NLBS' || outcome === 'DROPPED_ARP_NO_LEASE';
  const heeds = arp && nlbsAsked && isToAll(from.frame) && isByPeer(arp, from.frame, known);
  return { outcome, writes: heeds ? notes(arp, known, bootNs) : [], counts: [] };
}

const isToAll = (frame: Buffer): boolean => macAt(frame, 0) === 'ff:ff:ff:ff:ff:ff';

/** In the frame, and in the packet. */
function isByPeer({ senderMac }: Arp, frame: Buffer, { peer }: Knowledge): boolean {
  return peer.mac !== undefined && senderMac === peer.mac && macAt(frame, 6) === peer.mac;
}

/** RFC 5227 section 2.1.1: whoever asks without an address of his own means to use the one that he asks for. */
const NO_ADDRESS = '0.0.0.0';
const NO_MAC = '00:00:00:00:00:00';

function notes({ sender, targetMac }: Arp, { configured, lease, peer }: Knowledge, bootNs: bigint): Write[] {
  const { answerUntilNs } = lease;
  const isProbe = sender === NO_ADDRESS;
  if (!isProbe || targetMac !== NO_MAC)
    return isProbe || sender === configured.heartbeat.access.peer ? [{ table: 'peerAsked' }] : [];
  const hasLapsed = answerUntilNs !== 0n && bootNs >= answerUntilNs;
  return hasLapsed && peer.daemonLives ? [{ table: 'fenced' }] : [];
}

function gate(
  arp: Arp | undefined,
  iface: DatapathInterface,
  { configured, lease }: Knowledge,
  bootNs: bigint,
): OutcomeName {
  if (!arp?.isRequest) return 'PASSED_ARP';
  const nlbs = arp.target === configured.nlbs;
  if (!nlbs && !configured.clusterAddresses.has(arp.target)) return 'PASSED_ARP';
  if (!(iface.roles & CONSTANTS.ROLE_ACCESS)) return 'DROPPED_ARP_SERVER_SIDE';
  if (!nlbs) return 'DROPPED_ARP_CLUSTER';
  return bootNs < lease.answerUntilNs ? 'PASSED_ARP_NLBS' : 'DROPPED_ARP_NO_LEASE';
}
