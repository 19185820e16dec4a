import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, OUTCOMES } from '../program/layout.ts';
import {
  NO_HEARTBEAT,
  nameOfService,
  poolOf,
  type SelectedTables,
  type ServiceEntry,
  type Slots,
  type TableSizes,
  type Tables,
} from '../tables/tables.ts';
import { FILES } from './directory.ts';

/** The forwarder's configuration. */
export interface Published extends Omit<PublishedFile, 'tables'> {
  tables: SelectedTables<Int32Array>;
}

/** The same as in the file, which is replaced as a whole. Selections are in rows, whose slots are written one by one. */
export interface PublishedFile {
  sizes: TableSizes;
  tables: Omit<Tables, 'services'> & { services: Omit<ServiceEntry, 'slots'>[] };
  /** Row of each pool's selection. */
  rows: ReadonlyMap<string, number>;
  /** Server interfaces first. */
  interfaces: DatapathInterface[];
  /** Rows of the services' tallies, by name. */
  numbers: ReadonlyMap<string, number>;
}

/** Raised with each change of the files or requests. */
const FORMAT = 3;
const VERSION = [FORMAT, CONSTANTS.LAYOUT_VERSION, ...OUTCOMES].join(' ');

/** Before the first tables: nothing is configured, and nothing is forwarded. */
export const NO_TABLES: SelectedTables<Int32Array> = {
  nlbs: '0.0.0.0',
  heartbeat: NO_HEARTBEAT,
  timeouts: { unprovenMs: 0, establishedMs: 0, finishedMs: 0, resetMs: 0, datagramsMs: 0, fragmentMs: 0 },
  limits: { tcpPerSecond: 0, udpPerSecond: 0 },
  clusterAddresses: [],
  servers: [],
  services: [],
};

/** The tables, if every service has its slots. Throws a RangeError otherwise: no other thread writes slots here. */
export function checkSlots(tables: Tables): SelectedTables<Int32Array> {
  const services = tables.services.map(({ slots, ...service }) => {
    if (slots) return { ...service, slots };
    throw new RangeError(`Tables that cannot be applied: in mode userspace ${nameOfService(service)} needs slots`);
  });
  return { ...tables, services };
}

/** Atomic: a reader finds the old file or the new one. */
export function writePublished(directory: string, { tables, ...published }: Published): void {
  const [file, draft] = [join(directory, FILES.published), join(directory, `${FILES.published}.new`)];
  const services = tables.services.map(({ slots: _, ...service }) => service);
  writeFileSync(draft, serialize({ version: VERSION, ...published, tables: { ...tables, services } }), { mode: 0o600 });
  renameSync(draft, file);
}

/** Undefined if there is none, or one of another version. */
export function readPublished(directory: string): PublishedFile | undefined {
  try {
    const { version, ...published } = deserialize(readFileSync(join(directory, FILES.published))) as PublishedFile & {
      version: string;
    };
    return version === VERSION ? published : undefined;
  } catch {
    // No such file, or something else under that name.
    return undefined;
  }
}

/** The published tables with the selections from the rows. */
export function withSelections<Selection extends Slots>(
  { tables, rows }: Pick<PublishedFile, 'tables' | 'rows'>,
  selectionIn: (row: number) => Selection,
): SelectedTables<Selection> {
  const selections = new Map(Array.from(rows, ([pool, row]) => [pool, selectionIn(row)]));
  const services = tables.services.flatMap((service) => {
    const slots = selections.get(poolOf(service));
    return slots ? [{ ...service, slots }] : [];
  });
  return { ...tables, services };
}

/** Services keep their rows in the tallies; new ones get the lowest free ones. */
export function numberServices(tables: Tables, known: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const names = tables.services.map(nameOfService);
  const numbers = new Map([...known].filter(([name]) => names.includes(name)));
  const taken = new Set(numbers.values());
  let next = 0;
  for (const name of names) {
    if (numbers.has(name)) continue;
    while (taken.has(next)) next++;
    taken.add(next);
    numbers.set(name, next);
  }
  return numbers;
}
