import { createHash } from 'node:crypto';
import { closeSync, existsSync, ftruncateSync, mkdirSync, openSync, rmdirSync, rmSync, statfsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { STRUCTS } from '../program/layout.ts';
import { counterRows } from '../tables/counters.ts';
import type { TableSizes } from '../tables/tables.ts';

/**
 * The files that outlive the daemon, in a directory: they correspond to the tables and pins of a data path in the kernel. Both
 * processes map the lease, the selections and the counters.
 */
export const FILES = {
  lease: 'lease',
  /** The forwarder's configuration (published.ts), without the selections, whose slots are written in directory, as in the kernel. */
  published: 'published',
  selections: 'selections',
  /** Which process the forwarder is (process.ts). */
  forwarder: 'forwarder',
  /** The forwarder's socket for requests (requests.ts). */
  requests: 'requests',
  /** Answers that are too large to be sent. */
  answer: 'answer',
  /** The forwarder's standard error. */
  errors: 'errors',
} as const;

/** linux/magic.h */
const [BPF_FS, SYSFS] = [0xcafe4a11, 0x62656572];
const RUNTIME_DIRECTORY = '/run/nlb';

/**
 * The directory that belongs to a pin directory: beside it, or, if that is a file system without files, in /run/nlb. Whether something
 * is mounted on the pin directory itself does not matter.
 */
export function directoryFor(pinDirectory: string): string {
  let parent = dirname(pinDirectory);
  while (!existsSync(parent)) parent = dirname(parent);
  const files = ![BPF_FS, SYSFS].includes(statfsSync(parent).type);
  return files ? `${pinDirectory}.userspace` : join(RUNTIME_DIRECTORY, pinDirectory.slice(1).replaceAll('/', '-'));
}

/** The name of this directory's table of nftables. */
export const filterNameFor = (directory: string): string =>
  `nlb_${createHash('sha256').update(directory).digest('hex').slice(0, 12)}`;

/** Octets of each mapped file. */
export function mappedBytes(sizes: TableSizes): Record<string, number> {
  const { counters = 0, server_tallies = 0, service_tallies = 0, table_counts = 0 } = counterRows(sizes);
  return {
    [FILES.lease]: STRUCTS.lease.size,
    [FILES.selections]: sizes.maxServices * STRUCTS.selection.size,
    counters: counters * STRUCTS.counter.size,
    server_tallies: server_tallies * STRUCTS.tally.size,
    service_tallies: service_tallies * STRUCTS.tally.size,
    table_counts: table_counts * STRUCTS.tableCount.size,
  };
}

/** Create the directory with mapped files of zeros. An earlier one is removed. */
export function createFiles(directory: string, sizes: TableSizes): void {
  removeFiles(directory);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const [name, bytes] of Object.entries(mappedBytes(sizes))) {
    const fd = openSync(join(directory, name), 'wx', 0o600);
    // Whole pages are mapped, and an access behind the end of a file would be a bus error.
    ftruncateSync(fd, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
    closeSync(fd);
  }
}

const PAGE_BYTES = 4096;

/** Descriptors of the mapped files, by name. */
export function openMappedFiles(directory: string, sizes: TableSizes): { fd(name: string): number; close(): void } {
  const fds = new Map(Object.keys(mappedBytes(sizes)).map((name) => [name, openSync(join(directory, name), 'r+')]));
  return {
    fd: (name) => fds.get(name) ?? -1,
    close: () => {
      for (const fd of fds.values()) closeSync(fd);
      fds.clear();
    },
  };
}

/** Remove everything, and the parent directory in /run if this was the last one. */
export function removeFiles(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
  try {
    if (dirname(directory) === RUNTIME_DIRECTORY) rmdirSync(RUNTIME_DIRECTORY);
  } catch {
    // It is not empty, or does not exist.
  }
}
