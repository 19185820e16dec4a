import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import { macAt } from './address.ts';
import type { Result, Write } from './decision.ts';
import type { Knowledge } from './knowledge.ts';
import type { Arp } from './packet.ts';

/**
 * ARP requests: those for the NLBS address pass under the lease alone, those for a cluster address are dropped. Only requests
 * are answered, so only requests are dropped. In the prior-art layout the NLBS address is the cluster address: then the
 * lease decides.
 *
 * The peer, known by the hardware address that its beats name, broadcasts a request when it is about to lead. That is noted with
 * and without a lease, because without one the request is dropped and the daemon would not see it. Its unicast requests are
 * ignored: by those it checks whether we are there.
 *
 * When it leads over a node that it cannot hear, it sends a probe without a target hardware address. If our lease has lapsed
 * and our daemon may still wake, forwarding ends with that. A node that gave its lease back goes on forwarding, because its
 * successor relies on that; so does one whose daemon was killed, because that daemon will not wake.
 */
export function decideArp(
  arp: Arp | undefined,
  from: { frame: Buffer; arrivedOn: DatapathInterface },
  known: Knowledge,
  bootNs: bigint,
): Result {
  const outcome = gate(arp, from.arrivedOn, known, bootNs);
  const nlbsAsked = outcome === 'PASSED_ARP_NLBS' || outcome === 'DROPPED_ARP_NO_LEASE';
  const isNoted = arp && nlbsAsked && isToAll(from.frame) && isByPeer(arp, from.frame, known);
  return { outcome, writes: isNoted ? notes(arp, known, bootNs) : [], counts: [] };
}

const isToAll = (frame: Buffer): boolean => macAt(frame, 0) === 'ff:ff:ff:ff:ff:ff';

/** By the hardware addresses in the frame and in the ARP packet. */
function isByPeer({ senderMac }: Arp, frame: Buffer, { peer }: Knowledge): boolean {
  return peer.mac !== undefined && senderMac === peer.mac && macAt(frame, 6) === peer.mac;
}

/** A probe (RFC 5227 section 2.1.1): its sender means to use the address that it asks for. */
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
