import { openProgramBarrier } from '../kernel/program-barrier.ts';
import { heldRingBytes, type Loaded } from './attach/program.ts';
import { openReleasePath, type ReleasePath, type ReleasePathOptions } from './attach/release-path.ts';
import type { Flow } from './specification/flow.ts';
import { protocolOf, provenTable } from './specification/lookup.ts';
import type { KnownConnection, ServiceNames } from './tables/entries.ts';
import { type ExceptionTable, openExceptionTable } from './tables/exception-table.ts';
import type { FlowTableRows } from './tables/flow-tables.ts';
import { type HeldRing, openHeldRing } from './tables/held-ring.ts';
import { listTable } from './tables/listing.ts';
import type { SlotChange } from './tables/selection-table.ts';
import type { ServiceTable } from './tables/service-table.ts';
import type { TableSizes } from './tables/tables.ts';

/** What keeps a pair in step (nlb/sync): slots that are held, exceptions, and the frames that wait. Everything throws SyscallError. */
export interface HeldFlows extends Pick<ReleasePath, 'release'> {
  /** Write some slots of a pool, by name, with their marks. Throws a RangeError if there is no such pool. */
  putSlots(pool: string, slots: Iterable<SlotChange>): void;
  readonly exceptions: ExceptionTable;
  readonly frames: HeldRing;
  /** No program runs any more that ran when this was called. What they have held is in `frames`. */
  programsEnded(): Promise<void>;
  /**
   * All connections, some thousands at a time: half-open ones first, because they move to the tables of proven ones. One that is there all
   * the time is among them.
   */
  walk(): Generator<KnownConnection[]>;
  /** Whether the flow has a connection, half-open or not; for as long as its row is not free, so longer than the data path knows it. */
  hasEntry(flow: Flow): boolean;
}

type HeldFlowsOptions = Pick<Loaded, 'map' | 'program'> &
  Pick<TableSizes, 'maxExceptions'> &
  Omit<ReleasePathOptions, 'leaseFd'> & {
    tables: Pick<ServiceTable, 'putSlots'>;
    flows: FlowTableRows;
    serviceNames(): ServiceNames;
  };

/** Throws SyscallError. */
export function openHeldFlows({
  map,
  tables,
  flows,
  serviceNames,
  ...options
}: HeldFlowsOptions): HeldFlows & { close(): void } {
  const exceptions = openExceptionTable(map);
  const frames = openHeldRing(map('held_frames'), heldRingBytes(options));
  const releasePath = openReleasePath({ ...options, leaseFd: map('lease') });
  const barrier = openProgramBarrier();
  return {
    putSlots: tables.putSlots,
    exceptions,
    frames,
    release: releasePath.release,
    programsEnded: barrier.pass,
    *walk() {
      const names = serviceNames();
      for (const rows of flows.all) yield* listTable(rows, names);
    },
    hasEntry: (flow) =>
      [flows.halfOpen[protocolOf(flow)], flows[provenTable(flow)]].some((rows) => rows.find(flow) !== undefined),
    close: () => {
      for (const each of [exceptions, frames, releasePath, barrier]) each.close();
    },
  };
}
