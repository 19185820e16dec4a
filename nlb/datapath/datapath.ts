import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { SyscallError } from '../kernel/syscall-error.ts';
import type { DatapathMode, Programs } from './attach/attach.ts';
import { type InterfaceNames, interfacesAtStart } from './attach/interfaces.ts';
import type { Unsent } from './attach/unsent.ts';
import type { HeldFlows, HeldFlowsParts } from './held-flows.ts';
import { type LoadedPins, loadKernel, openInKernel, removeFromKernel } from './in-kernel.ts';
import type { Flow } from './specification/flow.ts';
import type { Knowledge } from './specification/knowledge.ts';
import type { Counters, Tally } from './tables/counters.ts';
import type { KnownConnection } from './tables/entries.ts';
import type { PoolRow } from './tables/pool-rows.ts';
import type { Change, SelectedTables, TableSizes, Tables } from './tables/tables.ts';
import { hasUserspace, openUserspace } from './userspace/userspace.ts';

export interface DatapathOptions extends InterfaceNames, TableSizes {
  /** `auto`: the first of xdp, xdp-generic, tc that works on all interfaces; userspace if the kernel takes no BPF program. */
  mode: 'auto' | DatapathMode;
  /** In a BPF file system; created if absent, and mounted as one if it is in none. */
  pinDirectory: string;
  /** Applied to new tables before anything is attached, because empty tables would let every frame pass. */
  first?: Tables;
  /** Called with what goes wrong outside of a call. */
  problem?(text: string): void;
}

export interface Tallies {
  /** By id. */
  servers: Map<number, Tally>;
  /** By name (`nameOfService`). */
  services: Map<string, Tally>;
}

/** A configured interface, as of the last look at it. */
export interface InterfaceState {
  device: string;
  /** Absent if there is no such interface. */
  ifindex?: number;
  mac?: string;
  /** Why no program is attached there; absent if one is. */
  why?: string;
}

/** The data path, in the kernel or in user space. Everything throws SyscallError. */
export interface Datapath {
  /** With `auto` it may change when an interface appears that takes no program in the mode of the others. */
  readonly mode: DatapathMode;
  /** Whether the tables, connections included, are those of an earlier run of the daemon. */
  readonly adopted: boolean;
  /** Every configured interface, as of the last look at them. */
  interfaces(): InterfaceState[];
  /**
   * Look at the interfaces: attach to new ones, drop what belongs to those that are gone, and write their numbers and hardware
   * addresses into the tables. An interface that is missing, or refuses the program, does not affect the others.
   */
  follow(): Change[];
  /**
   * Write the differences to the wanted tables, and look at the interfaces. New entries are written in the order servers,
   * selections, services, cluster addresses; entries are removed in the opposite order.
   * Throws a RangeError, before anything is written, if the tables contradict themselves or do not fit.
   */
  apply(tables: Tables): Change[];
  /** Write the selections of existing pools, by name: only the slots that differ, in place. Not where another thread writes them. */
  select(selections: ReadonlyMap<string, Int32Array>): Change[];
  /** What the tables hold: servers in the order of ids, services in that of address and port. */
  actual(): SelectedTables<Int32Array>;
  /** Where the pools of the last apply() are, by name. None before, and none in user space. */
  poolRows?(): ReadonlyMap<string, PoolRow>;
  readonly outcomes: Counters['outcomes'];
  /** Frames that were counted as forwarded but did not leave. In user space that is an outcome. */
  unsent?(): Unsent;
  /** What happened to entries of that table. Evictions are found by expireConnections(). */
  readonly tableCount: Counters['ofTable'];
  /** What was sent to each server and for each service. Reading them takes no system call. */
  tallies(): Tallies;
  /**
   * Remove expired connections, and correct the counts of active ones. Walks the tables of proven connections in steps of a
   * few milliseconds. Returns how many were removed.
   */
  expireConnections(): Generator<void, number>;
  /** Proven and half-open connections. Walks the tables: some milliseconds for each 100,000. */
  connectionCount(): number;
  /** The connections themselves, some thousands at a time, with expired ones that are not removed yet. */
  connections(): Generator<KnownConnection[]>;
  /** The input of the decision about a packet of that flow, if it arrived now; only the services that could be its. */
  knowledgeOf(flow: Flow): Knowledge;
  /** Kernel memory of the tables, in bytes, by the kernel's account; in user space, the forwarder's memory. */
  memoryBytes(): number;
  /** For openLease(), in any thread. */
  readonly leaseFd: number;
  /** The programs, for test runs. In user space there are none. */
  readonly programs?: Programs;
  /** Of a pair in step, in this thread. In user space there is none: no frame is ever held there. */
  heldFlows?(): HeldFlows;
  /** For openHeldFlowsFrom(), in any thread. With another `mode` there is another program in use. */
  heldFlowsParts?(): HeldFlowsParts;
  /** Detach everything and remove the pins. */
  remove(): void;
  /** Close descriptors; links stay pinned and traffic flows. */
  abandon(): void;
}

/**
 * Load the data path, or adopt the tables that an earlier run left in `pinDirectory` if they have this layout and these sizes;
 * then attach it. A data path of the other kind, in the kernel or in user space, is replaced. A missing interface does not affect
 * the others. Throws SyscallError, and an Error that names a foreign program in the way, or an interface that is a member of
 * another one.
 */
export function openDatapath(options: DatapathOptions): Datapath {
  const { mode, pinDirectory } = options;
  if (mode === 'userspace' || (mode === 'auto' && hasUserspace(pinDirectory))) return openInUserspace(options);
  const interfaces = interfacesAtStart(options);
  const kernel = mode === 'auto' ? tryKernel(options) : loadKernel(options);
  return kernel ? openInKernel({ ...options, mode }, interfaces, kernel) : openUserspace(options);
}

/** Errors of a kernel without BPF, one that denies it, or one that lacks what our program needs. */
const NO_BPF = ['EPERM', 'EACCES', 'EINVAL', 'ENOSYS', 'EOPNOTSUPP', 'ENODEV', 'ENOENT'];

/** Undefined if this kernel takes no BPF program of ours. Any other refusal, for want of memory for instance, is an error. */
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
