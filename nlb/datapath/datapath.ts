import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SyscallError } from '../kernel/syscall-error.ts';
import type { DatapathMode, Programs } from './attach/attach.ts';
import { type InterfaceNames, interfacesAtStart } from './attach/interfaces.ts';
import type { Unsent } from './attach/unsent.ts';
import { type LoadedPins, loadKernel, openInKernel, removeFromKernel } from './in-kernel.ts';
import type { Flow } from './specification/flow.ts';
import type { Knowledge } from './specification/knowledge.ts';
import type { Counters, Tally } from './tables/counters.ts';
import type { KnownConnection } from './tables/entries.ts';
import type { Change, TableSizes, Tables } from './tables/tables.ts';
import { hasUserspace, openUserspace } from './userspace/userspace.ts';

export interface DatapathOptions extends InterfaceNames, TableSizes {
  /** `auto`: the first of xdp, xdp-generic, tc that works on all interfaces; userspace where the kernel takes no BPF program. */
  mode: 'auto' | DatapathMode;
  /** In a BPF file system; made if absent, and mounted as one if it lies in none. */
  pinDirectory: string;
  /** Applied to new tables before anything is attached, so that no frame meets empty ones, which would let it pass. */
  first?: Tables;
  /** Told what goes wrong while nobody asks for anything. */
  problem?(text: string): void;
}

export interface Tallies {
  /** By id. */
  servers: Map<number, Tally>;
  /** By name (`nameOfService`). */
  services: Map<string, Tally>;
}

/** A configured interface as the data path last found it. */
export interface InterfaceState {
  device: string;
  /** Absent where there is no such interface. */
  ifindex?: number;
  mac?: string;
  /** Why it has no data path; absent where it has. */
  why?: string;
}

/** The data path, in the kernel or beside it. Everything throws SyscallError where the kernel refuses. */
export interface Datapath {
  /** With `auto` it may change, when an interface comes that takes no program in the mode of the others. */
  readonly mode: DatapathMode;
  /** Whether the tables, connections included, are those of an earlier life. */
  readonly adopted: boolean;
  /** Every configured interface, as of the last look at them. */
  interfaces(): InterfaceState[];
  /**
   * Look at the interfaces: attach to those that have come, or come anew, let go of those that are gone, and put their numbers and
   * hardware addresses into the tables. One that is missing, or refuses, costs that one alone.
   */
  follow(): Change[];
  /**
   * Make the tables what is wanted, writing differences only, and follow the interfaces.
   * What is new comes in the order servers, selections, services, cluster addresses; what goes, goes the other way round.
   * Throws a RangeError, before anything is written, where the tables contradict themselves or do not fit.
   */
  apply(tables: Tables): Change[];
  /** Write other selections of pools that are there, by their names: only the slots that differ, in place. */
  select(selections: ReadonlyMap<string, Int32Array>): Change[];
  /** What the kernel holds: servers by id, services by address and port. */
  actual(): Tables;
  readonly outcomes: Counters['outcomes'];
  /** Of what was forwarded, and counted as that, what did not leave. In user space that is an outcome. */
  unsent?(): Unsent;
  /** What became of entries of that table. What a full one pushes out, each sweep finds out. */
  readonly tableCount: Counters['ofTable'];
  /** What each server and each service has been sent. Costs no system call for each of them. */
  tallies(): Tallies;
  /**
   * Remove the connections whose time is over, and put the counts of active ones right. Walks the tables of those that have
   * proved themselves, in steps of a few milliseconds. Returns how many were removed.
   */
  expireConnections(): Generator<void, number>;
  /** Those that have proved themselves, and those that have yet to. Walks the tables: some milliseconds for each 100,000. */
  connectionCount(): number;
  /** The same connections themselves, some thousands at a time; expired ones that nobody has removed yet are among them. */
  connections(): Generator<KnownConnection[]>;
  /** All that the data path would rest on if a packet of that flow to a service came now: of the services, those that could be its. */
  knowledgeOf(flow: Flow): Knowledge;
  /** What the tables take of the kernel's memory, in bytes, by its own account; in user space, what the forwarder occupies. */
  memoryBytes(): number;
  /** For openLease(), in whatever thread. */
  readonly leaseFd: number;
  /** The programs, for test runs. In user space there are none. */
  readonly programs?: Programs;
  /** Detach everything and remove the pins. */
  remove(): void;
  /** Close descriptors; links stay pinned and traffic flows. */
  abandon(): void;
}

/**
 * Load the data path, or adopt the tables that an earlier life left in `pinDirectory` where they have our layout and
 * sizes; then attach it. What an earlier life left of the other kind, in the kernel or in user space, gives way to it.
 * An interface that is missing costs nothing but itself. Throws SyscallError, and an Error that says whose program stands in
 * the way, or which interface gives its packets away.
 */
export function openDatapath(options: DatapathOptions): Datapath {
  const { mode, pinDirectory } = options;
  if (mode === 'userspace' || (mode === 'auto' && hasUserspace(pinDirectory))) return openInUserspace(options);
  const interfaces = interfacesAtStart(options);
  const kernel = mode === 'auto' ? tryKernel(options) : loadKernel(options);
  return kernel ? openInKernel({ ...options, mode }, interfaces, kernel) : openUserspace(options);
}

/** How a kernel without BPF says so, or one that gives us none, or has another one than our program needs. */
const NO_BPF = ['EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENODEV', 'ENOENT'];

/** Undefined where this kernel takes no BPF program of ours. Whatever else it lacks, memory for instance, is an error. */
function tryKernel(options: DatapathOptions): LoadedPins | undefined {
  try {
    return loadKernel(options);
  } catch (error) {
    const errno = error instanceof SyscallError ? error.errno : (error as NodeJS.ErrnoException).code;
    if (!NO_BPF.includes(errno ?? '')) throw error;
    options.problem?.(`The data path is in user space, which is slow. ${(error as Error).message}`);
    return undefined;
  }
}

function openInUserspace(options: DatapathOptions): Datapath {
  const datapath = openUserspace(options);
  if (existsSync(join(options.pinDirectory, 'links'))) removeFromKernel(options.pinDirectory);
  return datapath;
}
