import type { Cidr, Ipv4, Mac } from './address.ts';

/**
 * A validated topology with every name and address worked out: what a driver makes, and nothing else.
 * A plan knows nothing of namespaces or containers; it is the same for every driver.
 */
export interface Plan {
  /** The topology's name, `invention`. */
  topology: string;
  nodes: NodePlan[];
  segments: SegmentPlan[];
  addresses: PlanAddresses;
  services: ServicePlan[];
}

export interface PlanAddresses {
  /** The public addresses of the cluster. */
  cluster: Ipv4[];
  /** The private virtual address of the load-balancer pair (in the prior art: the cluster address itself). */
  nlbs: Ipv4;
  /** The firewalls' virtual address on each segment that has one, by segment. */
  vrrp: Record<string, Ipv4>;
}

export type NodeKind = 'client' | 'router' | 'firewall' | 'nlb' | 'server';

export interface NodePlan {
  name: string;
  kind: NodeKind;
  legs: LegPlan[];
  /** Addresses on the loopback, besides 127.0.0.1. */
  loopback: Cidr[];
  routes: RoutePlan[];
  /** Whether the node routes packets between its legs. */
  forwards: boolean;
  /** Present on firewalls only: one virtual router for each leg, all in one sync group. */
  vrrp?: VrrpPlan;
  /** Present on load balancers only. */
  primary?: boolean;
}

/** One network interface of a node. Its device in the node carries the leg's name. */
export interface LegPlan {
  /** Device name inside the node, at most 15 bytes: `access`. */
  name: string;
  /** The segment that the leg is plugged into. */
  segment: string;
  /** Device name of the other end, on the segment's switch, at most 15 bytes: `nlb1`. */
  port: string;
  mac: Mac;
  address: Cidr;
}

export interface RoutePlan {
  to: Cidr | 'default';
  via: Ipv4;
  /** Leg through which the next hop is reached; needed where it lies outside the leg's subnet (`onlink`). */
  leg: string;
  onlink: boolean;
}

export interface VrrpPlan {
  /** 1 to 254; the higher one is master. */
  priority: number;
  routers: { leg: string; id: number; address: Ipv4; prefixLength: number }[];
}

/** A subnet, and the LAN (one switch, one broadcast domain) that carries it. Two segments may share a LAN. */
export interface SegmentPlan {
  name: string;
  subnet: Cidr;
  /** Name of the LAN: the segment's own name, or that of the segment whose LAN it shares. At most 15 bytes. */
  lan: string;
}

export interface ServicePlan {
  name: string;
  protocol: 'tcp' | 'udp';
  port: number;
}
