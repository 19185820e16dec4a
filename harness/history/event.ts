/**
 * What was done and what was seen, each with the instant on one clock: nanoseconds since the history began, on
 * CLOCK_MONOTONIC. Frames carry the kernel's time stamp (CLOCK_REALTIME) and scripts that of /proc/uptime (CLOCK_BOOTTIME),
 * moved onto that clock when they are read.
 */
export type HistoryEvent =
  | FrameSeen
  | AddressChanged
  | NeighbourChanged
  | Acted
  | ProbeEnded
  | RequestServed
  | CensusTaken
  | ScriptRan
  | EventLogged
  | Counted
  | StoodStill
  | Watched;

interface At {
  /** Nanoseconds since the history began. */
  atNs: number;
}

/** A frame on a switch port: `sent` by the node into the segment, or `received` by the node from it. */
export interface FrameSeen extends At {
  kind: 'frame';
  lan: string;
  node: string;
  leg: string;
  direction: 'sent' | 'received';
  /** The whole frame from the destination hardware address on, without the frame check sequence. */
  bytes: Uint8Array;
}

export interface AddressChanged extends At {
  kind: 'address';
  node: string;
  device: string;
  /** `10.77.1.100/32` */
  address: string;
  label?: string;
  change: 'added' | 'removed';
}

export interface NeighbourChanged extends At {
  kind: 'neighbour';
  node: string;
  device: string;
  address: string;
  /** Absent while the kernel has none. */
  mac?: string;
  /** The kernel's word: REACHABLE, STALE, FAILED, …, or REMOVED. */
  state: string;
}

/** Something the harness did to the lab: a fault, a command, a phase of a test. `untilNs` when it was over. */
export interface Acted extends At {
  kind: 'act';
  what: string;
  node?: string;
  detail?: string;
  untilNs?: number;
}

/** One request of a client and how it ended. */
export interface ProbeEnded extends At {
  kind: 'probe';
  node: string;
  protocol: 'http' | 'tcp' | 'udp';
  /** The flow (one five-tuple) that the probe belongs to, unique within the history. */
  flow: string;
  /** Number within the flow, from 0. */
  sequence: number;
  /** `atNs` is when it was sent; absent `answeredNs` means that no answer came. */
  answeredNs?: number;
  outcome: 'answered' | 'lost' | 'refused' | 'reset' | 'corrupt';
  /** Name that the answering server gave. */
  server?: string;
}

/** A server's own record that it served a request. */
export interface RequestServed extends At {
  kind: 'served';
  node: string;
  protocol: 'http' | 'tcp' | 'udp';
  client: string;
  target: string;
}

/** Every address and route of every node, read from the running lab at one moment. */
export interface CensusTaken extends At {
  kind: 'census';
  addresses: { node: string; device: string; address: string; label?: string }[];
  routes: { node: string; to: string; via?: string; device?: string }[];
}

/** An operator's script, by its own journal. */
export interface ScriptRan extends At {
  kind: 'script';
  node: string;
  state: string;
  previous: string;
  reason: string;
}

/** A line of a load balancer's own event log, which is itself under test: `atNs` is the instant that it claims. */
export interface EventLogged extends At {
  kind: 'logged';
  node: string;
  /** Which reading of the log, and the line's place in it, from 0. */
  reading: string;
  index: number;
  /** When the line was read. */
  readNs: number;
  /** As it was printed. */
  text: string;
}

/** Numbers that were asked for: of a requirement that is about the counting itself, or of a fault that is told by its count. */
export interface Counted extends At {
  kind: 'counted';
  node: string;
  /** What was counted: `refused heartbeats`. */
  what: string;
  /** Since the beginning of whoever counts, by name. */
  counts: Record<string, number>;
}

/** The machine kept its processors from everybody, urgent threads included, until `untilNs`. It may have begun up to 4 ms later. */
export interface StoodStill extends At {
  kind: 'standstill';
  untilNs: number;
}

/** Proof of watching: what was watched, from when until when, and how much was missed. */
export interface Watched extends At {
  kind: 'watched';
  what: 'frames' | 'addresses' | 'neighbours' | 'probes';
  /** LAN or node. */
  where: string;
  untilNs: number;
  /** Number of events known to be lost, by the kernel's count (for addresses and neighbours: of both, which come by one socket). */
  missed: number;
}
