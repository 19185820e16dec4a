import { CONSTANTS } from '../program/layout.ts';
import type { Limits } from '../specification/limits.ts';
import type { Timeouts } from '../specification/timeouts.ts';
import { serverIn } from './slot.ts';

/** The configuration of the data path: all that the control plane decides. */
export interface Tables {
  /** The NLBS address. ARP requests for it are answered under the lease alone. */
  nlbs: string;
  heartbeat: HeartbeatAddresses;
  timeouts: Timeouts;
  limits: Limits;
  clusterAddresses: string[];
  servers: ServerEntry[];
  services: ServiceEntry[];
}

/** Addresses and port of the heartbeats. Zeros while there are none. */
export interface HeartbeatAddresses {
  /** UDP, on both nodes. */
  port: number;
  access: BeatAddresses;
  server: BeatAddresses;
}

/** This node's own address on a subnet, and its peer's. */
export interface BeatAddresses {
  own: string;
  peer: string;
}

export const NO_HEARTBEAT: HeartbeatAddresses = {
  port: 0,
  access: { own: '0.0.0.0', peer: '0.0.0.0' },
  server: { own: '0.0.0.0', peer: '0.0.0.0' },
};

export interface ServerEntry {
  /** Index in the server table, the same while the server is configured; below the configured maximum. */
  id: number;
  address: string;
  /** Absent while it is not known: then the server is gone, whatever `kept` says. */
  mac?: string;
  /** Whether it keeps its connections. Otherwise it is gone, and they move. Selections decide who gets new ones. */
  kept: boolean;
  /** Device that leads to the server, which may be missing; absent for the first server interface. */
  device?: string;
}

export interface ServiceEntry {
  /** One of the cluster addresses. */
  address: string;
  protocol: 'tcp' | 'udp';
  /** Zero: every port that no other service of that address and protocol has. */
  port: number;
  /** Affinity: keeps a client on its server; absent if every connection is placed by itself. */
  persistence?: Persistence;
  /** Services of one pool share one selection, in one row. Absent if it is the only service of its pool. */
  pool?: string;
  /**
   * 65,537 server ids, -1 for none (see maglev.ts), with the mark of slots that are held (slot.ts). Never modified once it has been
   * applied: another selection is another array. Absent: another thread writes the slots of this service's pool (held-flows.ts), and apply()
   * leaves them as they are; in a row that is new for the pool there is nobody at first. Mode `userspace` needs them.
   */
  slots?: Int32Array;
}

export interface Persistence {
  /** How long after the client's last new connection. */
  timeoutMs: number;
  /** Bits of the client's address that count, 1 to 32: with 24, a whole /24 is one client. */
  prefix: number;
}

/** A wanted selection, with -1 for none; or a row, with an id that no server has for none. */
export type Slots = Int32Array | Uint16Array;

/** Services that all have their selections: wanted ones, or rows. */
export interface SelectedTables<Selection extends Slots = Slots> extends Omit<Tables, 'services'> {
  services: SelectedService<Selection>[];
}

export type SelectedService<Selection extends Slots> = Omit<ServiceEntry, 'slots'> & { slots: Selection };

/** One thing that apply() did. `subject` for people: `tcp 203.0.113.10:80`. */
export interface Change {
  table: 'settings' | 'servers' | 'selections' | 'services' | 'clusterAddresses';
  change: 'added' | 'changed' | 'removed';
  subject: string;
}

/**
 * The wanted servers, but those that are to be removed as they were before: a server that some slot may still name stays until the
 * slots are written.
 */
export function keepUntilRemoved(servers: readonly ServerEntry[], before: readonly ServerEntry[]): ServerEntry[] {
  const earlier = new Map(before.map((server) => [server.id, server]));
  return servers.map((server) => {
    const was = earlier.get(server.id);
    return !server.kept && was?.address === server.address ? was : server;
  });
}

/** How many entries the tables hold. */
export interface TableSizes {
  /** Of TCP. */
  maxConnections: number;
  maxUdpFlows: number;
  maxServers: number;
  maxServices: number;
  /** Of a pair in step. None when absent or zero: then nothing is held either. */
  maxExceptions?: number;
}

export const nameOfService = ({ protocol, address, port }: Omit<ServiceEntry, 'slots' | 'persistence'>): string =>
  `${protocol} ${address}:${port}`;

/** The servers that are in a selection, none where another thread has it. With 65,537 slots, adding each to a Set would take ten times as long. */
export function serversIn(slots: Int32Array = new Int32Array()): ReadonlySet<number> {
  const found = new Uint8Array(CONSTANTS.NO_SERVER);
  for (const content of slots) {
    const id = serverIn(content);
    if (id >= 0) found[id] = 1;
  }
  return new Set(Array.from(found.keys()).filter((id) => found[id] === 1));
}

/** The pool of a service: one of its own if none is named. */
export const poolOf = (service: Omit<ServiceEntry, 'slots'>): string => service.pool ?? nameOfService(service);

/**
 * The service that a fragment without ports is taken for, if it arrives before the first one of its datagram: the service of any
 * port, or else that of the lowest port. Undefined if the address has none of that protocol.
 */
export function fragmentService<Service extends Omit<ServiceEntry, 'slots'>>(
  services: Iterable<Service>,
  address: string,
  protocol: ServiceEntry['protocol'],
): Service | undefined {
  const candidates = [...services].filter((service) => service.address === address && service.protocol === protocol);
  return candidates.sort((a, b) => a.port - b.port)[0];
}

/** Throws a RangeError if the tables contradict themselves or do not fit, before anything is written. */
export function checkTables(tables: Tables, { maxServers, maxServices }: TableSizes): void {
  const { servers, services, clusterAddresses } = tables;
  const refuse = (problem: string): never => {
    throw new RangeError(`Tables that cannot be applied: ${problem}`);
  };
  if (services.length > maxServices) refuse(`${services.length} services, of ${maxServices} at most`);
  if (clusterAddresses.length > maxServices) refuse(`${clusterAddresses.length} addresses, of ${maxServices} at most`);
  for (const { id } of servers) {
    if (!Number.isInteger(id) || id < 0 || id >= maxServers) refuse(`server id ${id}, of ${maxServers} at most`);
  }
  if (new Set(servers.map(({ id }) => id)).size < servers.length) refuse('two servers with one id');
  if (new Set(services.map(nameOfService)).size < services.length) refuse('one service twice');
  const [addresses, selections] = [new Set(clusterAddresses), new Map<string, Int32Array | undefined>()];
  for (const service of services) {
    const [name, pool] = [nameOfService(service), poolOf(service)];
    if (!addresses.has(service.address)) refuse(`${name} is at no cluster address`);
    const { timeoutMs = 1, prefix = 1 } = service.persistence ?? {};
    if (!(timeoutMs > 0 && prefix >= 1 && prefix <= 32)) refuse(`${name} persists for ${timeoutMs} ms, /${prefix}`);
    const { slots } = service;
    if (slots && slots.length !== CONSTANTS.SELECTION_SLOTS) refuse(`${name} has ${slots.length} slots`);
    if (selections.has(pool) && selections.get(pool) !== slots) refuse(`${pool} is a pool with two selections`);
    selections.set(pool, slots);
  }
}
