import { findPorts, type PortNames, type Ports } from '../attach/ports.ts';
import type { Datapath } from '../datapath.ts';
import { statesOf } from '../following.ts';
import { type Address, wordOf } from '../specification/address.ts';
import { toldBy } from '../specification/knowledge.ts';
import { claimRows } from '../tables/pool-rows.ts';
import type { SelectionTable } from '../tables/selection-table.ts';
import { beforeGoing, type Change, checkTables, nameOfService, poolOf, type Tables } from '../tables/tables.ts';
import { changesBetween } from './changes.ts';
import { type Guarded, putGuard } from './guard.ts';
import { filterNameFor } from './place.ts';
import { put } from './questions.ts';
import { numbered, type Said, write } from './told.ts';

/** The tables on their way to the forwarder. Nothing counts as said before the forwarder works by it: what failed is done again. */
export interface Telling extends Pick<Datapath, 'apply' | 'select' | 'follow' | 'interfaces'> {
  said(): Said;
}

/** What the forwarder is told by: the place with the file, the selections, and when it takes questions. */
export interface Ways {
  place: string;
  selections: Pick<SelectionTable, 'write'>;
  ready(): void;
}

export function openTelling({ place, selections, ready }: Ways, first: Said, names: PortNames): Telling {
  let said = first;
  let found: Ports = { present: first.ports, missing: [] };
  const tell = (next: Said): void => {
    write(place, next);
    ready();
    put(place, 'take');
  };
  const apply = (tables: Tables): Change[] => {
    checkTables(tables, said.sizes);
    const rows = claimRows(tables.services, rowsOf(said));
    found = findPorts(names);
    const next = { ...said, tables, rows, ports: found.present, numbers: numbered(tables, said.numbers) };
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
    const { inNewRows, inPlace } = byUse(next, new Set(said.rows.values()));
    for (const [row, slots] of inNewRows) selections.write(row, slots);
    // Whoever a slot names, before or after, is there while slots are written.
    const servers = beforeGoing(tables.servers, said.tables.servers);
    if (changes.some(({ table }) => table === 'selections')) tell({ ...next, tables: { ...tables, servers } });
    for (const [row, slots] of inPlace) selections.write(row, slots);
    tell(next);
    guard(tables);
    said = next;
    return changes;
  };
  const select = (wanted: ReadonlyMap<string, Int32Array>): Change[] => {
    for (const pool of wanted.keys()) if (!said.rows.has(pool)) throw new RangeError(`There is no pool ${pool}`);
    const services = said.tables.services.map((service) => {
      const slots = wanted.get(poolOf(service));
      return slots ? { ...service, slots } : service;
    });
    said = { ...said, tables: { ...said.tables, services } };
    return [...wanted].flatMap(([subject, slots]): Change[] =>
      selections.write(said.rows.get(subject) ?? 0, slots) > 0
        ? [{ table: 'selections', change: 'changed', subject }]
        : [],
    );
  };
  const follow = (): Change[] => {
    found = findPorts(names);
    return JSON.stringify(found.present) === JSON.stringify(said.ports) ? [] : apply(said.tables);
  };
  return { said: () => said, apply, select, follow, interfaces: () => statesOf(found, untold(found, said)) };
}

/** The row that each service has. */
function rowsOf({ tables, rows }: Said): Map<string, number> {
  return new Map(
    tables.services.flatMap((service) => {
      const row = rows.get(poolOf(service));
      return row === undefined ? [] : [[nameOfService(service), row]];
    }),
  );
}

type Selections = [row: number, slots: Int32Array][];

/** Rows with their selections: those that nobody goes by yet, and the others. */
function byUse({ tables, rows }: Said, used: ReadonlySet<number>): { inNewRows: Selections; inPlace: Selections } {
  const all = [...new Map(tables.services.map((service) => [rows.get(poolOf(service)) ?? 0, service.slots]))];
  return { inNewRows: all.filter(([row]) => !used.has(row)), inPlace: all.filter(([row]) => used.has(row)) };
}

/** Those that the forwarder has yet to be told of. */
function untold({ present }: Ports, { ports }: Said): ReadonlyMap<string, string> {
  const known = new Set(ports.map(({ ifindex }) => ifindex));
  const without = present.filter(({ ifindex }) => !known.has(ifindex));
  return new Map(without.map(({ device }) => [device, `The forwarder does not know of ${device} yet`]));
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
