import { nameOfService, poolOf, type ServiceEntry } from './tables.ts';

type Pooled = Omit<ServiceEntry, 'slots'>;

/**
 * A row for each pool: the first that a service of it has and no other pool has claimed, or else the lowest that nobody has,
 * which is filled before its services point there. There are enough: each pool, and each row that is no longer claimed, has
 * a service that no other one has, and there are as many rows as there may be services.
 * @param known the row that each service has now, by its name
 */
export function assignRows(wanted: readonly Pooled[], known: ReadonlyMap<string, number>): Map<string, number> {
  const claimed = new Map<string, number>();
  const taken = new Set<number>();
  for (const [pool, services] of Map.groupBy(wanted, poolOf)) {
    const own = services
      .map((service) => known.get(nameOfService(service)))
      .find((row) => row !== undefined && !taken.has(row));
    if (own === undefined) continue;
    claimed.set(pool, own);
    taken.add(own);
  }
  for (const row of known.values()) taken.add(row);
  let free = 0;
  for (const pool of new Set(wanted.map(poolOf))) {
    if (claimed.has(pool)) continue;
    while (taken.has(free)) free++;
    claimed.set(pool, free);
    taken.add(free);
  }
  return claimed;
}
