import { openShelf } from '../balance/shelf.ts';
import type { Datapath } from '../datapath/datapath.ts';
import type { Change } from '../datapath/tables/tables.ts';
import type { Desired } from './desired.ts';
import type { Pool } from './pools.ts';

/**
 * How what the pools' selections should be comes into the data path: written by the main thread itself, or by the thread that keeps the
 * pair in step, which is told the weights and decides when which slot may change its owner.
 */
export interface SlotPlacing {
  /** What a pool has to place, by who is to be chosen from: its slots, or the weights of its members. */
  readonly openShelf: typeof openShelf;
  /** Whether the tables that are applied have the slots. */
  readonly hasSlots: boolean;
  /** Whether services share a selection that may. Where two nodes must mean the same by a pool, each service has its own. */
  readonly sharesPools: boolean;
  /** Whether a server that is back after it was gone gets another number, so that old connections are of nobody. */
  readonly renumbers: boolean;
  /** That of these pools is another one. */
  place(changed: ReadonlyMap<string, Int32Array>): Change[];
  /** The data path has these tables now. */
  written(wanted: Desired, pools: readonly Pool[]): void;
  /** Whether all of it is in the data path, or on its way there as fast as that may be. */
  isPlaced(): boolean;
}

/** By the main thread. */
export const placedDirectly = (datapath: Pick<Datapath, 'select'>): SlotPlacing => ({
  openShelf,
  hasSlots: true,
  sharesPools: true,
  renumbers: false,
  place: datapath.select,
  written: () => {},
  isPlaced: () => true,
});
