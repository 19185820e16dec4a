import { heldRingBytes, type Loaded } from './attach/program.ts';
import { openReleasePath, type ReleasePath, type ReleasePathOptions } from './attach/release-path.ts';
import { type ExceptionTable, openExceptionTable } from './tables/exception-table.ts';
import { type HeldRing, openHeldRing } from './tables/held-ring.ts';
import type { SlotChange } from './tables/selection-table.ts';
import type { ServiceTable } from './tables/service-table.ts';
import type { TableSizes } from './tables/tables.ts';

/** What keeps a pair in step (nlb/sync): slots that are held, exceptions, and the frames that wait. Everything throws SyscallError. */
export interface HeldFlows extends Pick<ReleasePath, 'release'> {
  /** Write some slots of a pool, by name, with their marks. Throws a RangeError if there is no such pool. */
  putSlots(pool: string, slots: Iterable<SlotChange>): void;
  readonly exceptions: ExceptionTable;
  readonly frames: HeldRing;
}

type HeldFlowsOptions = Pick<Loaded, 'map' | 'program'> &
  Pick<TableSizes, 'maxExceptions'> &
  Omit<ReleasePathOptions, 'leaseFd'> & { tables: Pick<ServiceTable, 'putSlots'> };

/** Throws SyscallError. */
export function openHeldFlows({ map, tables, ...options }: HeldFlowsOptions): HeldFlows & { close(): void } {
  const exceptions = openExceptionTable(map);
  const frames = openHeldRing(map('held_frames'), heldRingBytes(options));
  const releasePath = openReleasePath({ ...options, leaseFd: map('lease') });
  const close = (): void => {
    for (const each of [exceptions, frames, releasePath]) each.close();
  };
  return { putSlots: tables.putSlots, exceptions, frames, release: releasePath.release, close };
}
