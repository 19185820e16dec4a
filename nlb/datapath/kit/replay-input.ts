import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS } from '../program/layout.ts';
import type { Mac } from '../specification/address.ts';
import type { Clocks } from '../specification/forward.ts';
import type { Limits } from '../specification/limits.ts';
import type { LeasePeer, LeaseTimes } from '../tables/lease.ts';
import type { SelectedService, SelectedTables, ServerEntry } from '../tables/tables.ts';
import { type History, type ServerState, type Step, TIMEOUTS } from './histories.ts';
import { CLUSTER_ADDRESSES } from './packets.ts';
import { HEARTBEAT, MAC, NLBS } from './rig.ts';

/** Support for the differential test: what the parts of a history are, as the program and the specification take them. */

/** Neither clock goes back, because every wait is longer than the lateness of ticks. */
export const clocksAt = (nowNs: bigint, lateNs: bigint, suspendedNs: bigint): Clocks => ({
  nowNs,
  tickNs: nowNs - lateNs,
  bootNs: nowNs + suspendedNs,
});

export const peerFrom = ({ mac, boot }: History['peer']): Pick<LeasePeer, 'mac' | 'boot'> => ({
  mac: mac ? (MAC.peer as Mac) : undefined,
  boot: boot ?? undefined,
});

export function leaseFrom(
  { answerNs, forwardNs }: Extract<Step, { do: 'lease' }>['lease'],
  { nowNs, bootNs }: Pick<Clocks, 'nowNs' | 'bootNs'>,
): LeaseTimes {
  return { answerUntilNs: answerNs === null ? 0n : bootNs + answerNs, forwardUntilNs: nowNs + forwardNs };
}

export function interfacesOf(
  { oneArmed, vlanned, mtu }: History,
  { access, server }: { access: number; server: number },
): DatapathInterface[] {
  const { ROLE_ACCESS, ROLE_SERVER, ROLE_BOTH } = CONSTANTS;
  if (oneArmed) return [{ device: 'access', ifindex: access, mac: MAC.access, mtu, roles: ROLE_BOTH }];
  const vlan = {
    device: 'access.5',
    ifindex: server + 1000,
    mac: MAC.access,
    mtu,
    roles: ROLE_ACCESS,
    vlan: { parent: access, id: 5 },
  };
  return [
    { device: 'server', ifindex: server, mac: MAC.server, mtu, roles: ROLE_SERVER },
    { device: 'access', ifindex: access, mac: MAC.access, mtu, roles: ROLE_ACCESS },
    ...(vlanned ? [vlan] : []),
  ];
}

/** What a replay has of what the control plane would write. */
interface Configuring {
  history: History;
  limits: Limits;
  servers: ServerState[];
  services: { serving: boolean; entry: SelectedService<Int32Array> }[];
}

export function tablesOf({ history, limits, servers, services }: Configuring): SelectedTables<Int32Array> {
  return {
    nlbs: history.priorArt ? (CLUSTER_ADDRESSES[0] ?? NLBS) : NLBS,
    heartbeat: HEARTBEAT,
    timeouts: TIMEOUTS,
    limits,
    clusterAddresses: CLUSTER_ADDRESSES,
    servers: servers.filter(({ there }) => there).map(serverFrom),
    services: services.filter(({ serving }) => serving).map(({ entry }) => entry),
  };
}

/** Of the server of that number, or of another that has got it. */
export const addressOf = ({ id, other }: Pick<ServerState, 'id' | 'other'>): string =>
  `10.77.2.${(other ? 30 : 20) + id}`;

function serverFrom({ id, kept, mac, other }: ServerState): ServerEntry {
  const address = addressOf({ id, other });
  const known = mac && { mac: `02:00:00:00:0${other ? 1 : 0}:2${id}` };
  return { id, address, kept, ...known };
}
