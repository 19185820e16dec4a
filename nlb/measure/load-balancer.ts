import type { DatapathMode } from '../datapath/attach/attach.ts';
import { type Datapath, openDatapath } from '../datapath/datapath.ts';
import { CLUSTER, holdLease, MAC, options, tables } from '../datapath/kit/rig.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import type { ServerEntry, ServiceEntry, Tables } from '../datapath/tables/tables.ts';
import { monotonicNs } from '../kernel/clock.ts';
import { octetsToMac } from '../kernel/inet.ts';
import { run } from '../kernel/private-namespaces.ts';
import { LOWEST_PORT } from './frames.ts';

/** How many servers and services a load balancer has. */
export interface Size {
  servers: number;
  services: number;
}

export type Protocol = ServiceEntry['protocol'];

/** The default table sizes. */
export const SIZES = { maxConnections: 1_000_000, maxUdpFlows: 262_144, maxServers: 4096, maxServices: 512 };
const BPF_FS = '/sys/fs/bpf';
/** A directory for each process: the one in user space is in /run, which all of them share. */
const PINS = `${BPF_FS}/datapath-${process.pid}`;
const HOUR_NS = 3_600_000_000_000n;
export const ADDRESS_PAIR = { to: MAC.access, from: MAC.router };

/** In a private mount namespace: a BPF file system that nobody else sees, and that ends with the last process. */
export function mountPins(): void {
  run(`mount -t bpf bpf ${BPF_FS}`);
}

/** Where a program is pinned for others to find. */
export const pinOf = (name: string): string => `${BPF_FS}/${name}`;

/** A load balancer that has its lease, in the namespace that the process is in. Throws SyscallError. */
export function openLoadBalancer(size: Size, protocol: Protocol, mode: DatapathMode): Datapath {
  const datapath = openDatapath({ ...options(PINS), ...SIZES, mode, first: tablesOf(size, protocol) });
  holdLease(datapath.leaseFd, monotonicNs() + HOUR_NS);
  return datapath;
}

/** A service of the protocol at each port from LOWEST_PORT on. */
function tablesOf({ servers, services }: Size, protocol: Protocol): Tables {
  return {
    ...tables(),
    clusterAddresses: [CLUSTER],
    servers: Array.from({ length: servers }, (_, id) => serverOf(id)),
    services: Array.from({ length: services }, (_, index) => serviceOf(protocol, LOWEST_PORT + index, servers)),
  };
}

/** The hardware address of a server by its id; that of a load balancer is none of them. */
export const macOf = (id: number): string => octetsToMac(Uint8Array.of(2, 0, 0, 1, id >> 8, id & 0xff));

function serverOf(id: number): ServerEntry {
  return { id, address: `10.78.${id >> 8}.${id & 0xff}`, mac: macOf(id), kept: true };
}

function serviceOf(protocol: Protocol, port: number, servers: number): ServiceEntry {
  const slots = Int32Array.from({ length: CONSTANTS.SELECTION_SLOTS }, (_, slot) => (slot + port) % servers);
  return { address: CLUSTER, protocol, port, slots };
}
