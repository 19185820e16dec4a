import type { ServiceName } from '../datapath/tables/service-table.ts';
import type { Persistence } from '../datapath/tables/tables.ts';

/** What the main thread says of pools, services and servers: what the data path has, and what is wished. */
export interface Configured {
  pools: ConfiguredPool[];
  services: ConfiguredService[];
}

export interface ConfiguredPool {
  /** As both nodes call it (nlb/sync/records.ts). */
  name: string;
  /** In the data path's selections. */
  row: number;
  members: PoolMember[];
}

export interface PoolMember {
  /** From which its order of preference follows, the same on both nodes. */
  name: string;
  address: string;
}

export interface ConfiguredService extends ServiceName {
  /** The data path's number of it. */
  number: number;
  pool: string;
  persistence?: Persistence;
}

/** Weights of the members of a pool, in their order; zero for who gets nothing new. */
export interface PoolWeights {
  pool: string;
  weights: readonly number[];
}

export interface ServerSeen {
  address: string;
  /** The data path's number of it: another one each time that it was gone. */
  id: number;
  /** It has no hardware address, or its connections move. */
  isGone: boolean;
}
