/** Why a data path drops a packet, in words that any load balancer may use, and what each means. */
export const DROP_CAUSES = {
  'ARP without lease': 'an ARP request for the NLBS address, at a node that may not answer for it',
  'ARP for the cluster': 'an ARP request for a cluster address, on the access side',
  'ARP on the server side': 'an ARP request for the NLBS address or a cluster address, on the server side',
  'server side': 'a packet for a cluster address, on the server side',
  'no heartbeat': 'to the heartbeat’s port, and by its form no heartbeat of the peer',
  'too many heartbeats': 'more heartbeats than are looked at',
  flooded: 'for the cluster, and not to the node’s hardware address: a switch has flooded it',
  malformed: 'for the cluster, and its headers or lengths are wrong',
  'fragment not served': 'a later fragment to an address without a service of its protocol',
  tagged: 'for the cluster, in a VLAN that is not the node’s',
  'not served': 'for the cluster, to a port, or of a protocol, that has no service',
  'no lease': 'for a service, at a node that may not forward',
  'no server': 'for a service, none of whose servers can be chosen',
  'too long': 'longer than the MTU of the interface to its server',
  shed: 'of a flow that was to wait until both nodes know where it goes, and more of these came than are kept',
  'too long to hold': 'the same, and longer than is kept, or of several segments',
  'not sent': 'forwarded, and refused by the kernel: the interface is down, or its queue is full',
} as const;

export type DropCause = keyof typeof DROP_CAUSES;

/** What a node says that its data path has dropped. */
export interface DropsSaid {
  /** Packets by cause: one of those above, or the system’s own word for what none of them means. */
  counts: Record<string, number>;
  /** Which start of the daemon says so. */
  life: string;
  /** The counting began with that start; else it goes on from an earlier one. */
  anew: boolean;
}
