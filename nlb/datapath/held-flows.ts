import { openProgramBarrier } from '../kernel/program-barrier.ts';
import type { BpfMode } from './attach/attach.ts';
import { heldRingBytes } from './attach/program.ts';
import { openReleasePath, type ProgramInUse, type ReleasePath } from './attach/release-path.ts';
import type { Flow } from './specification/flow.ts';
import { protocolOf, provenTable } from './specification/lookup.ts';
import type { ConnectionNumbers, WalkedConnection } from './tables/connection-numbers.ts';
import { openCounters } from './tables/counters.ts';
import { type ExceptionTable, openExceptionTable } from './tables/exception-table.ts';
import { regionsFor } from './tables/flow-table-sizes.ts';
import { type FlowTableRows, openFlowTables } from './tables/flow-tables.ts';
import { forgetConnections } from './tables/forget.ts';
import { type HeldRing, openHeldRing } from './tables/held-ring.ts';
import { beginRecount } from './tables/recount.ts';
import { openSelectionTable, type SlotChange } from './tables/selection-table.ts';
import { openServerTable } from './tables/server-table.ts';
import type { TableSizes } from './tables/tables.ts';
import { walkConnections } from './tables/walk.ts';

/**
 * What keeps a pair in step (nlb/sync): slots that are held, exceptions, and the frames that wait. One thread has it at a time: it counts
 * exceptions for itself, and takes frames out of the ring. Everything throws SyscallError.
 */
export interface HeldFlows extends Pick<ReleasePath, 'release'> {
  /**
   * Write some slots of a pool's row, with their marks. Only of a pool whose slots are absent in the tables that are applied, or the two
   * overwrite each other. Throws a RangeError if there is no such row.
   */
  putSlots(row: number, slots: Iterable<SlotChange>): void;
  /** Write those of all slots of a pool's row that differ. Never modified afterwards: another selection is another array. */
  putRow(row: number, slots: Int32Array): void;
  /** A copy of the slots of a pool's row, with their marks; as in a wanted selection (slot.ts). */
  readSlots(row: number): Int32Array;
  /** One of them. */
  readSlot(row: number, slot: number): number;
  readonly exceptions: ExceptionTable;
  readonly frames: HeldRing;
  /** No program runs any more that ran when this was called. What they have held is in `frames`. */
  programsEnded(): Promise<void>;
  /**
   * The connections that are wanted, or all, some tens at a time: half-open ones first, because they move to the tables of proven ones.
   * One that is there all the time is among them.
   * @param isWanted gets the same object again and again
   */
  walk(isWanted?: (connection: Readonly<ConnectionNumbers>) => boolean): Generator<WalkedConnection[]>;
  /** Whether the flow has a connection, half-open or not; for as long as its row is not free, so longer than the data path knows it. */
  hasEntry(flow: Flow): boolean;
  /**
   * Forget all connections, half-open ones and affinities, in steps of a few milliseconds. Exceptions and selections stay. While nothing
   * is forwarded: what enters meanwhile may stay.
   */
  forget(): Generator<void>;
}

/** All that openHeldFlowsFrom() needs, as data that can be posted to another thread. Descriptors are the data path's. */
export interface HeldFlowsParts extends ProgramInUse {
  /** Descriptors of the tables, by their names in the program. */
  maps: Readonly<Record<string, number>>;
  sizes: TableSizes;
  /** Of the tables of flows. */
  hashSeed: bigint;
}

export interface OpenHeldFlows extends HeldFlows {
  /** The mode has changed: what frames go on by. */
  useMode(mode: BpfMode, program: number): void;
  /** Before the data path is closed, whose descriptors it uses. */
  close(): void;
}

/**
 * In any thread of the process, with memory maps of its own. A worker thread must not track descriptors (`trackUnmanagedFds`), because
 * libraries open some of them. Throws SyscallError.
 */
export function openHeldFlowsFrom({ mode, program, ...parts }: HeldFlowsParts): OpenHeldFlows {
  const { exceptions, frames, barrier, selections, flows, counters, servers } = openTables(parts);
  const map = descriptorsIn(parts);
  let inUse: ProgramInUse = { mode, program };
  const releasePath = openReleasePath({ inUse: () => inUse, leaseFd: map('lease'), servers, counters });
  return {
    putSlots: selections.writeSlots,
    putRow: (row, slots) => {
      selections.write(row, slots);
    },
    readSlots: selections.read,
    readSlot: selections.readSlot,
    exceptions,
    frames,
    release: releasePath.release,
    programsEnded: barrier.pass,
    walk: (isWanted) => walkConnections(flows.all, isWanted),
    hasEntry: (flow) => hasEntry(flows, flow),
    *forget() {
      yield* forgetConnections({ flows, affinities: map('affinities'), recount: beginRecount(counters.memory) });
    },
    useMode: (mode, program) => {
      inUse = { mode, program };
    },
    close: () => {
      for (const each of [exceptions, frames, releasePath, barrier, selections, flows, counters, servers]) each.close();
    },
  };
}

type TableParts = Omit<HeldFlowsParts, keyof ProgramInUse>;

function openTables(parts: TableParts) {
  const [map, { sizes, hashSeed }] = [descriptorsIn(parts), parts];
  return {
    exceptions: openExceptionTable(map),
    frames: openHeldRing(map('held_frames'), heldRingBytes(sizes)),
    barrier: openProgramBarrier(),
    selections: openSelectionTable(map('selections'), sizes.maxServices),
    flows: openFlowTables(map('flows'), regionsFor(sizes), hashSeed),
    counters: openCounters(map, sizes),
    servers: openServerTable(map('servers'), sizes.maxServers),
  };
}

const descriptorsIn =
  ({ maps }: Pick<HeldFlowsParts, 'maps'>) =>
  (name: string): number => {
    const fd = maps[name];
    if (fd === undefined) throw new RangeError(`The parts of held flows have no table ${name}`);
    return fd;
  };

const hasEntry = (flows: FlowTableRows, flow: Flow): boolean =>
  [flows.halfOpen[protocolOf(flow)], flows[provenTable(flow)]].some((rows) => rows.find(flow) !== undefined);
