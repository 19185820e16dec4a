import { findPorts, type PortNames } from '../attach/ports.ts';
import { type Address, wordOf } from '../specification/address.ts';
import { toldBy } from '../specification/knowledge.ts';
import { type Change, checkTables, type Tables } from '../tables/tables.ts';
import { changesBetween } from './changes.ts';
import { type Guarded, putGuard } from './guard.ts';
import { filterNameFor } from './place.ts';
import { put } from './questions.ts';
import { numbered, type Said, write } from './told.ts';

/** The tables on their way to the forwarder. */
export interface Telling {
  /** As Datapath.apply(). Nothing counts as said before the forwarder works by it: what failed is done again. */
  apply(tables: Tables): Change[];
  said(): Said;
}

export function openTelling(place: string, first: Said, names: PortNames, ready: () => void): Telling {
  let said = first;
  return {
    said: () => said,
    apply: (tables) => {
      checkTables(tables, said.sizes);
      const next = { ...said, tables, ports: findPorts(names), numbers: numbered(tables, said.numbers) };
      // Refuses a server at an interface that leads to none.
      toldBy(tables, next.ports);
      const changes = changesBetween(said, next);
      if (changes.length === 0) return [];
      const guard = (guarded: Guarded): void => {
        if (changes.some(({ table }) => table === 'settings' || table === 'clusters'))
          putGuard(filterNameFor(place), guarded, next.ports);
      };
      // What is new is kept from the stack before the forwarder has it, and what goes until it has it no more.
      guard(both(said.tables, tables));
      write(place, next);
      ready();
      put(place, 'take');
      guard(tables);
      said = next;
      return changes;
    },
  };
}

const both = (before: Tables, after: Tables): Guarded => ({
  nlbs: after.nlbs,
  heartbeat: after.heartbeat,
  clusterAddresses: [...before.clusterAddresses, ...after.clusterAddresses],
});

const PROTOCOL = { tcp: 6, udp: 17 };

/** As the kernel's tables are read: by number, and by the octets of addresses and ports. */
export function inOrder(tables: Tables): Tables {
  const word = (address: string): number => wordOf(address as Address);
  return {
    ...tables,
    clusterAddresses: tables.clusterAddresses.toSorted((a, b) => word(a) - word(b)),
    servers: tables.servers.toSorted((a, b) => a.id - b.id),
    services: tables.services.toSorted(
      (a, b) => word(a.address) - word(b.address) || a.port - b.port || PROTOCOL[a.protocol] - PROTOCOL[b.protocol],
    ),
  };
}
