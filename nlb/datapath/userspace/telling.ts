import { findPorts, type PortNames, type Ports } from '../attach/ports.ts';
import type { Datapath } from '../datapath.ts';
import { statesOf } from '../following.ts';
import { type Address, wordOf } from '../specification/address.ts';
import { toldBy } from '../specification/knowledge.ts';
import { type Change, checkTables, type Tables } from '../tables/tables.ts';
import { changesBetween } from './changes.ts';
import { type Guarded, putGuard } from './guard.ts';
import { filterNameFor } from './place.ts';
import { put } from './questions.ts';
import { numbered, type Said, write } from './told.ts';

/** The tables on their way to the forwarder. Nothing counts as said before the forwarder works by it: what failed is done again. */
export interface Telling extends Pick<Datapath, 'apply' | 'follow' | 'interfaces'> {
  said(): Said;
}

export function openTelling(place: string, first: Said, names: PortNames, ready: () => void): Telling {
  let said = first;
  let found: Ports = { present: first.ports, missing: [] };
  const tell = (tables: Tables): Change[] => {
    checkTables(tables, said.sizes);
    found = findPorts(names);
    const next = { ...said, tables, ports: found.present, numbers: numbered(tables, said.numbers) };
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
  };
  return {
    said: () => said,
    apply: tell,
    follow: () => {
      found = findPorts(names);
      return JSON.stringify(found.present) === JSON.stringify(said.ports) ? [] : tell(said.tables);
    },
    interfaces: () => statesOf(found, untold(found, said)),
  };
}

/** Those that the forwarder has yet to be told of. */
function untold({ present }: Ports, { ports }: Said): ReadonlyMap<string, string> {
  const known = new Set(ports.map(({ ifindex }) => ifindex));
  const without = present.filter(({ ifindex }) => !known.has(ifindex));
  return new Map(without.map(({ device }) => [device, `The forwarder does not know of ${device} yet`]));
}

const both = (before: Tables, after: Tables): Guarded => ({
  nlbs: after.nlbs,
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
