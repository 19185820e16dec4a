import type { ProcessIdentity } from '../../kernel/process-identity.ts';
import type { Port } from '../attach/ports.ts';
import { type LeaseTimes, openLease, openPinnedLease } from '../tables/lease.ts';
import { claimRows } from '../tables/pool-rows.ts';
import { openSelectionTable } from '../tables/selection-table.ts';
import { checkTables, poolOf, type TableSizes, type Tables } from '../tables/tables.ts';
import { FILES, furnish, openMapped, placeFor } from './place.ts';
import { endForwarder, findForwarder, startForwarder } from './process.ts';
import { NOTHING, numbered, read, type Said, type Written, write } from './told.ts';

/** A forwarder at work, and what it works from. */
export interface Life {
  said: Written;
  forwarder: ProcessIdentity;
}

export interface LifeOptions extends TableSizes {
  pinDirectory: string;
  first?: Tables;
}

/** The one that an earlier daemon left, where it lives, and has tables of our format and sizes. */
export function findLife(options: LifeOptions): Life | undefined {
  const place = placeFor(options.pinDirectory);
  const [said, forwarder] = [read(place), findForwarder(place)];
  return said && forwarder && JSON.stringify(said.sizes) === JSON.stringify(sizesOf(options))
    ? { said, forwarder }
    : undefined;
}

/**
 * A place with new tables, in which the lease of an earlier life goes on, whatever its mode. Its forwarder is ended.
 * Throws a RangeError, before anything is done, where the first tables contradict themselves.
 */
export function layOut(options: LifeOptions, ports: Port[]): Said {
  const { pinDirectory, first: tables = NOTHING } = options;
  const place = placeFor(pinDirectory);
  const sizes = sizesOf(options);
  checkTables(tables, sizes);
  const before = findForwarder(place);
  if (before) endForwarder(before);
  const lease = leaseTimes(pinDirectory);
  const rows = claimRows(tables.services, new Map());
  const said = { sizes, tables, rows, ports, numbers: numbered(tables, new Map()) };
  furnish(place, sizes);
  setSelections(place, said);
  write(place, said);
  if (lease) setLease(place, sizes, lease);
  return said;
}

/** A forwarder for what has been laid out. It is not ready yet. */
export function begin(options: LifeOptions, said: Written): Life {
  return { said, forwarder: startForwarder(placeFor(options.pinDirectory)) };
}

const sizesOf = ({ maxConnections, maxServers, maxServices }: TableSizes): TableSizes => ({
  maxConnections,
  maxServers,
  maxServices,
});

function leaseTimes(pinDirectory: string): LeaseTimes | undefined {
  const lease = openPinnedLease(pinDirectory);
  const times = lease?.get();
  lease?.close();
  return times;
}

function setSelections(place: string, { sizes, tables, rows }: Said): void {
  const mapped = openMapped(place, sizes);
  const selections = openSelectionTable(mapped.fd(FILES.selections), sizes.maxServices);
  for (const service of tables.services) selections.write(rows.get(poolOf(service)) ?? 0, service.slots);
  selections.close();
  mapped.close();
}

function setLease(place: string, sizes: TableSizes, { answerUntilNs, forwardUntilNs }: LeaseTimes): void {
  const mapped = openMapped(place, sizes);
  const lease = openLease(mapped.fd(FILES.lease));
  lease.set(answerUntilNs, forwardUntilNs);
  lease.close();
  mapped.close();
}
