import { type DatapathInterface, interfaceTo } from '../attach/interfaces.ts';
import type { LeasePeer, LeaseTimes } from '../tables/lease.ts';
import { held } from '../tables/slot.ts';
import {
  type HeartbeatAddresses,
  nameOfService,
  type SelectedTables,
  type ServerEntry,
  type ServiceEntry,
  type Slots,
} from '../tables/tables.ts';
import type { Address, Mac } from './address.ts';
import type { ConnectionState } from './connection.ts';
import type { Limits } from './limits.ts';
import type { Timeouts } from './timeouts.ts';

/** All input of a decision besides the frame and the time. */
export interface Knowledge {
  configured: Configured;
  lease: LeaseTimes;
  peer: LeasePeer;
  flowTables: FlowTables;
}

/** For decisions that do not depend on the peer. */
export const NO_PEER: LeasePeer = { mac: undefined, boot: undefined, allowances: [], daemonLives: true };

/** What the control plane has configured. */
export interface Configured {
  nlbs: Address;
  heartbeat: HeartbeatAddresses;
  timeouts: Timeouts;
  limits: Limits;
  interfaces: DatapathInterface[];
  clusterAddresses: ReadonlySet<Address>;
  /** By name (`nameOfService`). */
  services: ReadonlyMap<string, Service>;
  /** By id. */
  servers: ReadonlyMap<number, Server>;
  /** By flow: where it goes, whatever its slot says. */
  exceptions: ReadonlyMap<string, Exception>;
}

export interface Exception extends Omit<Binding, 'seenNs'> {
  /** Otherwise the flow is held: the peer may not know of it. */
  isSettled: boolean;
}

export interface Service extends Omit<ServiceEntry, 'slots'> {
  name: string;
  address: Address & ServiceEntry['address'];
  slots: Slots;
  /** Whether any slot has the server, so that it gets new flows. */
  isEligible(server: number): boolean;
}

export interface Server {
  id: number;
  address: Address;
  /** Undefined if it is gone: nothing is sent there. */
  mac?: Mac;
  /** Hardware address and number of the interface that leads there. */
  ownMac: Mac;
  ifindex: number;
  /** Of that interface. */
  mtu: number;
}

/** The tables that the data path itself writes, by names. */
export interface FlowTables {
  /** By flow: TCP connections that are proven by a second packet. */
  connections: ReadonlyMap<string, Connection>;
  /** By flow: proven UDP flows. In a table of their own, because anybody can send two datagrams. */
  udpFlows: ReadonlyMap<string, Connection>;
  /** By flow: connections of which one packet has been seen. */
  halfOpen: ReadonlyMap<string, Connection>;
  /** By service and client: the server that the client stays on. */
  affinities: ReadonlyMap<string, Binding>;
  /** By datagram: where the fragments of datagrams of proven flows go. */
  fragments: ReadonlyMap<string, Fragments>;
  /** By datagram: those of all others, also where only later fragments have arrived. No datagram is in both. */
  unprovenFragments: ReadonlyMap<string, Fragments>;
  /** The instants up to which the limits on entering the first two tables are used up (entering.ts). */
  entering: ReadonlyMap<'tcp' | 'udp', bigint>;
}

/** The tables of proven connections, one for each protocol. */
export type ProvenTable = 'connections' | 'udpFlows';

/** A server by id and by address, because an id may be given to another server later. */
export interface Binding {
  seenNs: bigint;
  server: number;
  serverAddress: Address;
}

export interface Connection extends Binding {
  /** Name of the service that it began with. */
  service: string;
  state: ConnectionState;
}

export interface Fragments extends Binding {
  /** Name of the service. */
  service: string;
  /** The fragment with the ports has yet to arrive. */
  awaitsFirst: boolean;
}

/** Of an interface that is missing. */
const NO_MAC = '00:00:00:00:00:00';

/** The control plane's tables, indexed for look-ups. `interfaces`: the default server interface first. */
export function configuredBy(
  tables: SelectedTables,
  interfaces: DatapathInterface[],
  exceptions: Configured['exceptions'] = new Map(),
): Configured {
  return {
    nlbs: tables.nlbs as Address,
    heartbeat: tables.heartbeat,
    timeouts: tables.timeouts,
    limits: tables.limits,
    interfaces,
    clusterAddresses: new Set(tables.clusterAddresses as Address[]),
    services: new Map(tables.services.map((entry) => [nameOfService(entry), serviceFrom(entry)])),
    servers: new Map(tables.servers.map((entry) => [entry.id, serverFrom(entry, interfaces)])),
    exceptions,
  };
}

function serviceFrom(entry: SelectedTables['services'][number]): Service {
  const gives = (server: number): boolean => entry.slots.includes(server) || entry.slots.includes(held(server));
  return { ...entry, address: entry.address as Address, name: nameOfService(entry), isEligible: gives };
}

/** If the interface to a server is missing, what is sent there is lost. */
function serverFrom({ id, address, mac, kept, device }: ServerEntry, interfaces: DatapathInterface[]): Server {
  const iface = interfaceTo({ id, device }, interfaces);
  return {
    id,
    address: address as Address,
    ...(kept && mac !== undefined && { mac: mac as Mac }),
    ownMac: (iface?.mac ?? NO_MAC) as Mac,
    ifindex: iface?.ifindex ?? 0,
    mtu: Math.min(iface?.mtu ?? 0xffff, 0xffff),
  };
}
