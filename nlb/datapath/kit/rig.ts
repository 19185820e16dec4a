import { mkdtempSync, rmdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suspendedNs } from '../../kernel/clock.ts';
import { run } from '../../kernel/private-namespaces.ts';
import { findInterfaces } from '../attach/interfaces.ts';
import type { Datapath, DatapathOptions } from '../datapath.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Limits } from '../specification/limits.ts';
import { DEFAULT_TIMEOUTS } from '../specification/timeouts.ts';
import { openLease } from '../tables/lease.ts';
import type { SelectedTables, Tables } from '../tables/tables.ts';

/** Support for tests and measurements: the interfaces of a load balancer, in the test's own namespace, and its configuration. */

export const MAC = {
  access: '02:00:00:00:00:01',
  server: '02:00:00:00:00:02',
  router: '02:00:00:00:00:11',
  server0: '02:00:00:00:00:20',
  server1: '02:00:00:00:00:21',
  peer: '02:00:00:00:00:0b',
} as const;

/**
 * Two devices, access and server; their other ends are router and farm. Without IPv6, whose own announcements would be
 * counted among a test's frames.
 */
export function makeInterfaces(): void {
  writeFileSync('/proc/sys/net/ipv6/conf/default/disable_ipv6', '1');
  run(`ip link add access address ${MAC.access} type veth peer name router address ${MAC.router}`);
  run(`ip link add server address ${MAC.server} type veth peer name farm`);
  for (const device of ['access', 'router', 'server', 'farm']) run(`ip link set ${device} up`);
}

export function options(directory: string): DatapathOptions {
  return {
    mode: 'auto',
    accessInterfaces: ['access'],
    serverInterfaces: ['server'],
    pinDirectory: directory,
    maxConnections: 1000,
    maxUdpFlows: 500,
    maxServers: 64,
    maxServices: 16,
  };
}

export const CLUSTER = '203.0.113.10';
export const NLBS = '10.77.1.100';
export const PEER = '10.77.1.12';
export const HEARTBEAT = {
  port: 4694,
  access: { own: '10.77.1.11', peer: PEER },
  server: { own: '10.77.2.11', peer: '10.77.2.12' },
};

/** More than any test or measurement sends. */
export const UNLIMITED: Limits = { tcpPerSecond: 1_000_000_000, udpPerSecond: 1_000_000_000 };

/** UDP port 53 of the cluster address goes to server 0, TCP port 80 to server 1. */
export function tables(): SelectedTables<Int32Array> {
  const all = (id: number): Int32Array => new Int32Array(CONSTANTS.SELECTION_SLOTS).fill(id);
  return {
    nlbs: NLBS,
    heartbeat: HEARTBEAT,
    timeouts: DEFAULT_TIMEOUTS,
    limits: UNLIMITED,
    clusterAddresses: [CLUSTER],
    servers: [
      { id: 0, address: '10.77.2.20', mac: MAC.server0, kept: true },
      { id: 1, address: '10.77.2.21', mac: MAC.server1, kept: true },
    ],
    services: [
      { address: CLUSTER, protocol: 'udp', port: 53, slots: all(0) },
      { address: CLUSTER, protocol: 'tcp', port: 80, slots: all(1) },
    ],
  };
}

/** The same tables, whose selections another thread writes from now on. */
export const withoutSlots = (wanted: Tables): Tables => ({
  ...wanted,
  services: wanted.services.map(({ slots: _, ...service }) => service),
});

/** The row of a pool's selection, by its name. */
export function rowOf({ poolRows }: Pick<Datapath, 'poolRows'>, pool: string): number {
  const found = poolRows?.().get(pool);
  if (!found) throw new Error(`There is no pool ${pool}`);
  return found.row;
}

/** The index of a device of the rig. */
export function ifindexOf(device: string): number {
  return findInterfaces({ accessInterfaces: [], serverInterfaces: [device] }).present[0]?.ifindex ?? 0;
}

/** A directory for pins in no BPF file system, removed after the test. */
export function pinDirectory(t: { teardown(act: () => void): void }): string {
  const directory = mkdtempSync(join(tmpdir(), 'onevip-pins-'));
  t.teardown(() => rmdirSync(directory));
  return directory;
}

/** Hold the lease for both purposes until then, on CLOCK_MONOTONIC. */
export function holdLease(leaseFd: number, untilNs: bigint): void {
  const lease = openLease(leaseFd);
  lease.set(untilNs + suspendedNs(), untilNs);
  lease.close();
}

/** A complete pass of expiry: how many connections it has removed. */
export function expireAll(datapath: Pick<Datapath, 'expireConnections'>): number {
  const pass = datapath.expireConnections();
  for (;;) {
    const { done, value } = pass.next();
    if (done) return value;
  }
}

/** The programs of a data path in the kernel. */
export function programsOf({ programs }: Pick<Datapath, 'programs'>): NonNullable<Datapath['programs']> {
  if (!programs) throw new Error('This data path has no programs in the kernel');
  return programs;
}
