import { buildTable } from '../balance/maglev.ts';
import { type Config, portNumber, type ServerConfig, type ServiceConfig } from '../config/schema.ts';
import type { Tables } from '../datapath/tables/tables.ts';
import { serving, type Verdicts } from './health.ts';
import type { HardwareAddresses } from './neighbours.ts';

/** What the node should be like: a pure function of its configuration and of what is seen. */
export interface Desired {
  tables: Tables;
  /** Cluster addresses that belong on the loopback. */
  loopback: string[];
}

export interface Seen {
  /** Number of each server in the data path's table, by name; the same for a server's whole life. */
  ids: ReadonlyMap<string, number>;
  hardware: HardwareAddresses;
  verdicts: Verdicts;
}

export function desire(config: Config, seen: Seen, select: Selector): Desired {
  const serves = serving(config, seen.verdicts);
  const somewhere = new Set([...serves.values()].flat());
  return {
    tables: {
      nlbs: config.nlbs,
      heartbeat: {
        port: config.heartbeat.port,
        access: { own: config.access.address, peer: config.peer.access },
        server: { own: config.server.address, peer: config.peer.server },
      },
      timeouts: config.timeouts,
      clusterAddresses: config.clusterAddresses,
      servers: config.servers.map((server) => serverRow(server, somewhere.has(server), seen)),
      services: config.services.map((service) => serviceRow(service, serves.get(service.name) ?? [], seen, select)),
    },
    // In the prior art's layout the active's alias is a cluster address; on the loopback it would be answered for always.
    loopback: config.clusterAddresses.filter((address) => address !== config.nlbs),
  };
}

function serverRow(server: ServerConfig, serves: boolean, seen: Seen): Tables['servers'][number] {
  const { name, address, draining, interface: device } = server;
  const mac = seen.hardware.get(address)?.mac;
  return {
    id: idOf(name, seen),
    address,
    usable: mac !== undefined && serves,
    ...(mac !== undefined && { mac }),
    ...(draining && { draining }),
    ...(device !== undefined && { device }),
  };
}

function serviceRow(
  service: ServiceConfig,
  serves: readonly ServerConfig[],
  seen: Seen,
  select: Selector,
): Tables['services'][number] {
  const { address, protocol, persistence } = service;
  const eligible = serves
    .filter((server) => !server.draining && seen.hardware.has(server.address))
    .map(({ name, weight }) => ({ name, weight, id: idOf(name, seen) }));
  const slots = select(service.name, eligible);
  return { address, protocol, port: portNumber(service), ...(persistence && { persistence }), slots };
}

function idOf(name: string, { ids }: Seen): number {
  const id = ids.get(name);
  if (id === undefined) throw new Error(`server ${name} has no number`);
  return id;
}

interface Eligible {
  name: string;
  weight: number;
  id: number;
}
interface Selector {
  (service: string, eligible: readonly Eligible[]): Int32Array;
  /** Forget the tables of services that are not among these. */
  keepOnly(services: readonly { name: string }[]): void;
}

/** Selection tables, built again only when a service's servers or weights have changed: building one takes milliseconds. */
export function openSelector(): Selector {
  const built = new Map<string, { key: string; slots: Int32Array }>();
  const select = (service: string, eligible: readonly Eligible[]): Int32Array => {
    const key = JSON.stringify(eligible);
    const before = built.get(service);
    if (before?.key === key) return before.slots;
    const slots = buildTable([...eligible]).map((index) => eligible[index]?.id ?? -1);
    built.set(service, { key, slots });
    return slots;
  };
  const keepOnly: Selector['keepOnly'] = (services) => {
    const kept = new Set(services.map(({ name }) => name));
    for (const name of built.keys()) if (!kept.has(name)) built.delete(name);
  };
  return Object.assign(select, { keepOnly });
}
