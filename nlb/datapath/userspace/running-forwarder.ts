import type { ProcessIdentity } from '../../kernel/process-identity.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { type LeaseTimes, openLease, openPinnedLease } from '../tables/lease.ts';
import { assignRows } from '../tables/pool-rows.ts';
import { openSelectionTable } from '../tables/selection-table.ts';
import { checkTables, poolOf, type TableSizes, type Tables } from '../tables/tables.ts';
import { createFiles, directoryFor, FILES, openMappedFiles } from './directory.ts';
import { endForwarder, findForwarder, startForwarder } from './process.ts';
import {
  checkSlots,
  NO_TABLES,
  numberServices,
  type Published,
  type PublishedFile,
  readPublished,
  writePublished,
} from './published.ts';

/** A running forwarder and its configuration. */
export interface RunningForwarder {
  published: PublishedFile;
  forwarder: ProcessIdentity;
}

export interface ForwarderOptions extends TableSizes {
  pinDirectory: string;
  first?: Tables;
}

/** The one that an earlier daemon left, if it runs and has tables of our format and sizes. */
export function findRunning(options: ForwarderOptions): RunningForwarder | undefined {
  const directory = directoryFor(options.pinDirectory);
  const [published, forwarder] = [readPublished(directory), findForwarder(directory)];
  return published && forwarder && JSON.stringify(published.sizes) === JSON.stringify(sizesOf(options))
    ? { published, forwarder }
    : undefined;
}

/**
 * Create the files with new tables, which inherit the lease of an earlier run, whatever its mode. An earlier forwarder is ended.
 * Throws a RangeError, before anything is done, if the first tables contradict themselves.
 */
export function prepareFiles(options: ForwarderOptions, interfaces: DatapathInterface[]): Published {
  const { pinDirectory, first = NO_TABLES } = options;
  const tables = checkSlots(first);
  const directory = directoryFor(pinDirectory);
  const sizes = sizesOf(options);
  checkTables(tables, sizes);
  const before = findForwarder(directory);
  if (before) endForwarder(before);
  const lease = leaseTimes(pinDirectory);
  const rows = assignRows(tables.services, new Map());
  const published = { sizes, tables, rows, interfaces, numbers: numberServices(tables, new Map()) };
  createFiles(directory, sizes);
  setSelections(directory, published);
  writePublished(directory, published);
  if (lease) setLease(directory, sizes, lease);
  return published;
}

/** Start a forwarder with the prepared files. It is not ready yet. */
export function startPrepared(options: ForwarderOptions, published: PublishedFile): RunningForwarder {
  return { published, forwarder: startForwarder(directoryFor(options.pinDirectory)) };
}

const sizesOf = ({ maxConnections, maxUdpFlows, maxServers, maxServices }: TableSizes): TableSizes => ({
  maxConnections,
  maxUdpFlows,
  maxServers,
  maxServices,
});

function leaseTimes(pinDirectory: string): LeaseTimes | undefined {
  const lease = openPinnedLease(pinDirectory);
  const times = lease?.get();
  lease?.close();
  return times;
}

function setSelections(directory: string, { sizes, tables, rows }: Published): void {
  const mapped = openMappedFiles(directory, sizes);
  const selections = openSelectionTable(mapped.fd(FILES.selections), sizes.maxServices);
  for (const service of tables.services) selections.write(rows.get(poolOf(service)) ?? 0, service.slots);
  selections.close();
  mapped.close();
}

function setLease(directory: string, sizes: TableSizes, { answerUntilNs, forwardUntilNs }: LeaseTimes): void {
  const mapped = openMappedFiles(directory, sizes);
  const lease = openLease(mapped.fd(FILES.lease));
  lease.set(answerUntilNs, forwardUntilNs);
  lease.close();
  mapped.close();
}
