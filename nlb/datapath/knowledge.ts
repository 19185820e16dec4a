import type { Address, Mac } from './address.ts';
import { CONSTANTS } from './layout.ts';
import type { LeaseTimes } from './lease.ts';
import type { Port } from './ports.ts';
import { nameOfService, type ServiceEntry, type Tables } from './tables.ts';

/** All that a decision rests on, beside the frame and the time. */
export interface Knowledge {
  told: Told;
  lease: LeaseTimes;
  kept: Kept;
}

/** What the control plane has said. */
export interface Told {
  nlbs: Address;
  /** The other node, on the access subnet. */
  peer: Address;
  ports: Port[];
  clusters: ReadonlySet<Address>;
  /** By name (`nameOfService`). */
  services: ReadonlyMap<string, Service>;
  /** By id. */
  servers: ReadonlyMap<number, Server>;
}

export interface Service {
  name: string;
  /** Server ids, -1 for none; 65,537 of them. */
  slots: Int32Array;
}

export interface Server {
  id: number;
  address: Address;
  /** Undefined while nothing may be sent there. */
  mac?: Mac;
  /** Hardware address and number of the interface that leads there. */
  ownMac: Mac;
  ifindex: number;
}

/** What the data path itself has written down about flows, by their names. */
export interface Kept {
  connections: ReadonlyMap<string, Connection>;
}

/** The server by id and by address, because an id may be given to another server later. */
export interface Connection {
  seenNs: bigint;
  server: number;
  serverAddress: Address;
}

/** The control plane's tables, arranged for looking things up. `ports`: the default server interface first. */
export function toldBy(tables: Tables, ports: Port[]): Told {
  return {
    nlbs: tables.nlbs as Address,
    peer: tables.peer as Address,
    ports,
    clusters: new Set(tables.clusterAddresses as Address[]),
    services: new Map(tables.services.map((entry) => [nameOfService(entry), serviceOf(entry)])),
    servers: new Map(tables.servers.map((entry) => [entry.id, serverOf(entry, ports)])),
  };
}

function serviceOf(entry: ServiceEntry): Service {
  return { name: nameOfService(entry), slots: entry.slots };
}

function serverOf({ id, address, mac, usable, device }: Tables['servers'][number], ports: Port[]): Server {
  const port = ports.find((candidate) => candidate.device === (device ?? ports[0]?.device));
  if (!port || !(port.roles & CONSTANTS.ROLE_SERVER))
    throw new RangeError(`Server ${id}: ${device} leads to no server`);
  return {
    id,
    address: address as Address,
    ...(usable && mac !== undefined && { mac: mac as Mac }),
    ownMac: port.mac as Mac,
    ifindex: port.ifindex,
  };
}
