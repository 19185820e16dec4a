import { type ConfiguredInterfaces, findInterfaces, type InterfaceNames } from '../attach/interfaces.ts';
import type { Datapath } from '../datapath.ts';
import { statesOf } from '../interface-follower.ts';
import { type Address, wordOf } from '../specification/address.ts';
import { configuredBy } from '../specification/knowledge.ts';
import { assignRows } from '../tables/pool-rows.ts';
import type { SelectionTable } from '../tables/selection-table.ts';
import {
  type Change,
  checkTables,
  keepUntilRemoved,
  nameOfService,
  poolOf,
  type SelectedTables,
  type Tables,
} from '../tables/tables.ts';
import { changesBetween } from './changes.ts';
import { filterNameFor } from './directory.ts';
import { type Guarded, guardKey, putGuard } from './guard.ts';
import { checkSlots, numberServices, type Published, writePublished } from './published.ts';
import { request } from './requests.ts';

/** Gives tables to the forwarder. They count as published once the forwarder uses them: what failed is done again. */
export interface Publisher extends Pick<Datapath, 'apply' | 'select' | 'follow' | 'interfaces'> {
  published(): Published;
}

/** The directory with the published file, the selections, and a wait until the forwarder takes requests. */
export interface PublisherParts {
  directory: string;
  selections: Pick<SelectionTable, 'write'>;
  ready(): void;
}

export function openPublisher(
  { directory, selections, ready }: PublisherParts,
  first: Published,
  names: InterfaceNames,
): Publisher {
  const guardName = filterNameFor(directory);
  let published = first;
  /** What the guard was put for last; undefined while that is not known. Each time costs a run of nft, tens of milliseconds on a busy machine. */
  let guardedNow: string | undefined = guardKey(guardName, first.tables, first.interfaces);
  let found: ConfiguredInterfaces = { present: first.interfaces, missing: [] };
  const publish = (next: Published): void => {
    writePublished(directory, next);
    ready();
    request(directory, 'reload');
  };
  const apply = (wanted: Tables): Change[] => {
    const tables = checkSlots(wanted);
    checkTables(tables, published.sizes);
    const rows = assignRows(tables.services, rowsOf(published));
    found = findInterfaces(names);
    const next = {
      ...published,
      tables,
      rows,
      interfaces: found.present,
      numbers: numberServices(tables, published.numbers),
    };
    // Throws if a server is at an interface that is no server interface.
    configuredBy(tables, next.interfaces);
    const changes = changesBetween(published, next);
    if (changes.length === 0) return [];
    const guard = (guarded: Guarded): void => {
      const wanted = guardKey(guardName, guarded, next.interfaces);
      if (wanted === guardedNow) return;
      guardedNow = undefined;
      putGuard(guardName, guarded, next.interfaces);
      guardedNow = wanted;
    };
    // New addresses are kept from the stack before the forwarder has them, and removed ones until it has them no more.
    guard(both(published.tables, tables));
    const { inNewRows, inPlace } = byUse(next, new Set(published.rows.values()));
    for (const [row, slots] of inNewRows) selections.write(row, slots);
    // While slots are written, every server that a slot names, before or after, must exist.
    const dropped = published.tables.servers.filter(({ id }) => !tables.servers.some((server) => server.id === id));
    const servers = [...keepUntilRemoved(tables.servers, published.tables.servers), ...dropped];
    if (changes.some(({ table }) => table === 'selections')) publish({ ...next, tables: { ...tables, servers } });
    for (const [row, slots] of inPlace) selections.write(row, slots);
    publish(next);
    guard(tables);
    published = next;
    return changes;
  };
  const select = (wanted: ReadonlyMap<string, Int32Array>): Change[] => {
    for (const pool of wanted.keys()) if (!published.rows.has(pool)) throw new RangeError(`There is no pool ${pool}`);
    const services = published.tables.services.map((service) => {
      const slots = wanted.get(poolOf(service));
      return slots ? { ...service, slots } : service;
    });
    published = { ...published, tables: { ...published.tables, services } };
    return [...wanted].flatMap(([subject, slots]): Change[] =>
      selections.write(published.rows.get(subject) ?? 0, slots) > 0
        ? [{ table: 'selections', change: 'changed', subject }]
        : [],
    );
  };
  const follow = (): Change[] => {
    found = findInterfaces(names);
    return JSON.stringify(found.present) === JSON.stringify(published.interfaces) ? [] : apply(published.tables);
  };
  return {
    published: () => published,
    apply,
    select,
    follow,
    interfaces: () => statesOf(found, notYetPublished(found, published)),
  };
}

/** The row of each service. */
function rowsOf({ tables, rows }: Published): Map<string, number> {
  return new Map(
    tables.services.flatMap((service) => {
      const row = rows.get(poolOf(service));
      return row === undefined ? [] : [[nameOfService(service), row]];
    }),
  );
}

type Selections = [row: number, slots: Int32Array][];

/** Selections with their rows: those in rows that are not used yet, and the others. */
function byUse({ tables, rows }: Published, used: ReadonlySet<number>): { inNewRows: Selections; inPlace: Selections } {
  const all = [...new Map(tables.services.map((service) => [rows.get(poolOf(service)) ?? 0, service.slots]))];
  return { inNewRows: all.filter(([row]) => !used.has(row)), inPlace: all.filter(([row]) => used.has(row)) };
}

/** The interfaces that have yet to be published. */
function notYetPublished({ present }: ConfiguredInterfaces, { interfaces }: Published): ReadonlyMap<string, string> {
  const known = new Set(interfaces.map(({ ifindex }) => ifindex));
  const without = present.filter(({ ifindex }) => !known.has(ifindex));
  return new Map(without.map(({ device }) => [device, `The forwarder does not know of ${device} yet`]));
}

const both = (before: Guarded, after: Guarded): Guarded => ({
  nlbs: after.nlbs,
  heartbeat: after.heartbeat,
  clusterAddresses: [...new Set([...before.clusterAddresses, ...after.clusterAddresses])],
});

const PROTOCOL = { tcp: 6, udp: 17 };

/** In the order in which the kernel's tables are read: by id, and by the octets of addresses and ports. */
export function inOrder(tables: SelectedTables<Int32Array>): SelectedTables<Int32Array> {
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
