/** Generated from the type information of datapath.bpf.o by `node nlb/datapath/build.ts`. Do not edit. */

export const CONSTANTS = {
  LAYOUT_VERSION: 2,
  SELECTION_SLOTS: 65537,
  NO_SERVER: 65535,
  MAX_PORTS: 16,
  ROLE_ACCESS: 1,
  ROLE_SERVER: 2,
  ROLE_BOTH: 3,
  SERVER_KNOWN: 1,
  SERVER_USABLE: 2,
  SERVER_HAS_MAC: 4,
  SERVER_READY: 7,
} as const;

/** In the order of their numbers. */
export const OUTCOMES = [
  'PASSED_NOT_OURS',
  'PASSED_ARP',
  'PASSED_ARP_NLBS',
  'FORWARDED_ESTABLISHED',
  'FORWARDED_NEW',
  'FORWARDED_MOVED',
  'DROPPED_ARP_NO_LEASE',
  'DROPPED_ARP_CLUSTER',
  'DROPPED_ARP_SERVER_SIDE',
  'DROPPED_SERVER_SIDE',
  'DROPPED_FLOODED',
  'DROPPED_MALFORMED',
  'DROPPED_FRAGMENT',
  'DROPPED_TAGGED',
  'DROPPED_NOT_SERVED',
  'DROPPED_NO_LEASE',
  'DROPPED_NO_SERVER',
] as const;
export type OutcomeName = (typeof OUTCOMES)[number];

/** Octets of each struct (`size`), and the offset of each member. */
export const STRUCTS = {
  settings: { size: 212, layoutVersion: 0, outcomes: 4, nlbs: 8, peer: 12, portCount: 16, ports: 20 },
  port: { size: 12, ifindex: 0, mac: 4, roles: 10 },
  lease: { size: 24, answerUntilNs: 0, forwardUntilNs: 8, peerAskedNs: 16 },
  server: { size: 24, mac: 0, flags: 6, ownMac: 8, address: 16, ifindex: 20 },
  serviceKey: { size: 8, address: 0, port: 4, protocol: 6 },
  service: { size: 4, id: 0 },
  flow: { size: 16, source: 0, destination: 4, sourcePort: 8, destinationPort: 10, protocol: 12 },
  connection: { size: 16, seenNs: 0, server: 8, serverAddress: 12 },
  counter: { size: 16, packets: 0, bytes: 8 },
} as const;
