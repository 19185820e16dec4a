import { type Address, wordOf } from '../datapath/specification/address.ts';
import { type FlowNumbers, PROTOCOL } from '../datapath/specification/flow.ts';
import { slotOf } from '../datapath/specification/placement.ts';
import type { Selections, SlotNumber } from '../sync/rule.ts';
import type { Configured, ConfiguredService, ServerSeen } from './configured.ts';
import type { Naming } from './duties.ts';

/** What the data path calls by numbers, by the names that both nodes of the pair know; and the other way round. */
export interface Numbers extends Naming {
  use(configured: Configured): void;
  see(servers: readonly ServerSeen[]): SeenNumbers;
  /** Of the selections that the engine has now. */
  useSelections(selections: Selections): void;
  /** Names of those that are there. */
  pools(): Iterable<string>;
  /** The address of the server that has, or had last, that number. */
  serverOf(id: number): string | undefined;
}

export interface SeenNumbers {
  /** Servers that have another number than before. */
  renumbered: [server: string, from: number, to: number][];
  /** Whether other servers have a number. */
  areOthers: boolean;
}

/** Of a service that is not there: no selection has it. */
export const NO_SLOT: SlotNumber = -1;

/** @param perPool how many slots each pool has */
export function openNumbers(perPool: number, first: Selections): Numbers {
  let selections = first;
  let services = new Map<number, ConfiguredService>();
  let pools = new Map<number, string>();
  let rows = new Map<string, number>();
  let ids = new Map<string, number>();
  const addresses = new Map<number, string>();
  const find = ({ protocol, destination, destinationPort }: FlowNumbers): ConfiguredService | undefined =>
    services.get(keyOf(protocol, destination, destinationPort)) ?? services.get(keyOf(protocol, destination, 0));
  return {
    use: (configured) => {
      services = new Map(configured.services.map((service) => [keyOfService(service), service]));
      pools = new Map(configured.services.map(({ number, pool }) => [number, pool]));
      rows = new Map(configured.pools.map(({ name, row }) => [name, row]));
    },
    see: (servers) => {
      const before = ids;
      ids = new Map(servers.map(({ address, id }) => [address, id]));
      for (const { address, id } of servers) addresses.set(id, address);
      const renumbered = servers.flatMap(({ address, id }): SeenNumbers['renumbered'] => {
        const from = before.get(address);
        return from === undefined || from === id ? [] : [[address, from, id]];
      });
      return { renumbered, areOthers: ids.size !== before.size || servers.some(({ address }) => !before.has(address)) };
    },
    useSelections: (now) => {
      selections = now;
    },
    serverOf: (id) => addresses.get(id),
    slotOf: (flow) => {
      const service = find(flow);
      return service && selections.slotOf(service.pool, slotOf(flow, perPool, service.persistence?.prefix));
    },
    positionOf: (slot) => selections.positionOf(slot),
    slotIn: (service, slot) => {
      const pool = pools.get(service);
      return pool === undefined ? NO_SLOT : selections.slotOf(pool, slot);
    },
    pools: () => rows.keys(),
    rowOf: (pool) => rows.get(pool),
    idOf: (server) => ids.get(server),
  };
}

/** Of a service as one number, exact in a double: address, port, and whether it is TCP. */
const keyOf = (protocol: number, address: number, port: number): number =>
  address * 2 ** 17 + port * 2 + Number(protocol === PROTOCOL.tcp);

const keyOfService = ({ protocol, address, port }: ConfiguredService): number =>
  keyOf(PROTOCOL[protocol], wordOf(address as Address), port);
