import type { Port } from '../attach/ports.ts';
import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import type { LeaseTimes } from '../tables/lease.ts';
import type { Result, Write } from './decision.ts';
import type { Knowledge, Told } from './knowledge.ts';
import type { Arp } from './packet.ts';

/**
 * Who may be told where the NLBS address is; and nobody is told where a cluster address is. Only requests are answered,
 * so only requests are held back. In the layout of the prior art the NLBS address is the cluster address: then the lease
 * decides. The peer asks when it is about to lead: that is noted, lease or no lease, because without one the request goes
 * no further and the daemon would never hear of it.
 *
 * A node that takes over from one that it cannot hear probes first. Where nobody renews our lease any more, forwarding ends
 * with that; a node that gave its lease back goes on, because its successor counts on that.
 */
export function decideArp(
  arp: Arp | undefined,
  port: Port,
  { told, lease }: Pick<Knowledge, 'told' | 'lease'>,
  bootNs: bigint,
): Result {
  const outcome = gate(arp, port, { told, lease }, bootNs);
  const nlbsAsked = outcome === 'PASSED_ARP_NLBS' || outcome === 'DROPPED_ARP_NO_LEASE';
  return { outcome, writes: arp && nlbsAsked ? notes(arp, told, lease, bootNs) : [], counts: [] };
}

/** RFC 5227 section 2.1.1: whoever asks without an address of his own means to use the one that he asks for. */
const NO_ADDRESS = '0.0.0.0';

function notes({ sender }: Arp, { peer }: Told, { answerUntilNs }: LeaseTimes, bootNs: bigint): Write[] {
  const lapsed = answerUntilNs !== 0n && bootNs >= answerUntilNs;
  return [
    ...(sender === peer ? [{ table: 'peerAsked' as const }] : []),
    ...(sender === NO_ADDRESS && lapsed ? [{ table: 'fenced' as const }] : []),
  ];
}

function gate(
  arp: Arp | undefined,
  port: Port,
  { told, lease }: Pick<Knowledge, 'told' | 'lease'>,
  bootNs: bigint,
): OutcomeName {
  if (!arp?.isRequest) return 'PASSED_ARP';
  const nlbs = arp.target === told.nlbs;
  if (!nlbs && !told.clusters.has(arp.target)) return 'PASSED_ARP';
  if (!(port.roles & CONSTANTS.ROLE_ACCESS)) return 'DROPPED_ARP_SERVER_SIDE';
  if (!nlbs) return 'DROPPED_ARP_CLUSTER';
  return bootNs < lease.answerUntilNs ? 'PASSED_ARP_NLBS' : 'DROPPED_ARP_NO_LEASE';
}
