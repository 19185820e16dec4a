import { nameOfService, poolOf, type ServiceEntry } from './tables.ts';

type Pooled = Omit<ServiceEntry, 'slots'>;

/** Where the data path has a pool. */
export interface PoolRow {
  /** Of the selection. A pool of slots that another thread writes has nobody at first in a row that is new for it. */
  row: number;
  /** The data path's numbers of its services, by name. */
  services: ReadonlyMap<string, number>;
}

/**
 * A row for each pool: the first row that one of its services has and no other pool was assigned, or else the lowest free one,
 * which is filled before services refer to it. There are enough rows: each pool, and each row that is no longer assigned, has a
 * service of its own, and there are as many rows as there may be services.
 * @param known the row that each service has now, by its name
 */
export function assignRows(wanted: readonly Pooled[], known: ReadonlyMap<string, number>): Map<string, number> {
  const assigned = new Map<string, number>();
  const taken = new Set<number>();
  for (const [pool, services] of Map.groupBy(wanted, poolOf)) {
    const own = services
      .map((service) => known.get(nameOfService(service)))
      .find((row) => row !== undefined && !taken.has(row));
    if (own === undefined) continue;
    assigned.set(pool, own);
    taken.add(own);
  }
  for (const row of known.values()) taken.add(row);
  let free = 0;
  for (const pool of new Set(wanted.map(poolOf))) {
    if (assigned.has(pool)) continue;
    while (taken.has(free)) free++;
    assigned.set(pool, free);
    taken.add(free);
  }
  return assigned;
}
