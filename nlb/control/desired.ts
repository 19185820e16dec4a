import { type Config, portNumber, type ServerConfig, type ServiceConfig } from '../config/schema.ts';
import type { ServerEntry, ServiceEntry, Tables } from '../datapath/tables/tables.ts';
import type { HardwareAddresses } from './neighbours.ts';
import type { Pool } from './pools.ts';
import type { Selected } from './selections.ts';

/** What the node should be like: a pure function of its configuration and of what is seen. */
export interface Desired {
  tables: Tables;
  /** Cluster addresses that belong on the loopback. */
  loopback: string[];
  /** Addresses of the servers that some service could send something to. */
  serving: ReadonlySet<string>;
}

export interface Seen {
  /** Number of each server in the data path's table, by name; the same for a server's whole life. */
  ids: ReadonlyMap<string, number>;
  hardware: HardwareAddresses;
  pools: readonly Pool[];
  selected: Selected;
}

export function desire(config: Config, seen: Seen): Desired {
  const pools = new Map(seen.pools.flatMap((pool) => pool.services.map(({ name }) => [name, pool.name] as const)));
  const shared = new Set(seen.pools.filter(({ services }) => services.length > 1).map(({ name }) => name));
  return {
    tables: {
      nlbs: config.nlbs,
      heartbeat: {
        port: config.heartbeat.port,
        access: { own: config.access.address, peer: config.peer.access },
        server: { own: config.server.address, peer: config.peer.server },
      },
      timeouts: config.timeouts,
      limits: config.limits,
      clusterAddresses: config.clusterAddresses,
      servers: config.servers.map((server) => serverRow(server, config, seen)),
      services: config.services.map((service) => {
        const pool = pools.get(service.name) ?? '';
        return serviceRow(service, seen.selected.slotsOf(pool), shared.has(pool) ? pool : undefined);
      }),
    },
    // In the prior art's layout the active's alias is a cluster address; on the loopback it would be answered for always.
    loopback: config.clusterAddresses.filter((address) => address !== config.nlbs),
    serving: seen.selected.serving(),
  };
}

/** Kept as long as it has a hardware address, whatever its checks say; unless all of them say that connections move then. */
function serverRow(server: ServerConfig, config: Config, { ids, hardware, selected }: Seen): ServerEntry {
  const { name, address } = server;
  const id = ids.get(name);
  if (id === undefined) throw new Error(`server ${name} has no number`);
  const mac = hardware.get(address)?.mac;
  return {
    id,
    address,
    kept: mac !== undefined && !selected.movesAway(address),
    ...(mac !== undefined && { mac }),
    device: server.interface ?? config.server.interface,
  };
}

function serviceRow(service: ServiceConfig, slots: Int32Array | undefined, pool: string | undefined): ServiceEntry {
  const { address, protocol, persistence } = service;
  return {
    address,
    protocol,
    port: portNumber(service),
    ...(persistence && { persistence }),
    ...(pool !== undefined && { pool }),
    ...(slots && { slots }),
  };
}
