/** Numbers of the servers in the data path, as the daemon runs on. */
export interface ServerNumbers {
  /** By name. */
  ids(): ReadonlyMap<string, number>;
  /** There are these servers from now on. */
  use(servers: readonly { name: string; address: string }[]): void;
  /** Servers that are back after they were gone get other numbers. @returns whether there are such */
  look(servers: readonly { address: string; kept: boolean }[]): boolean;
}

/** @param earlier those that an earlier life of the daemon has left in the data path */
export function openServerNumbers(
  first: readonly { name: string; address: string }[],
  earlier: readonly { id: number; address: string; kept: boolean }[],
  maxServers: number,
): ServerNumbers {
  let [servers, ids] = [first, numberServers(first, earlier, maxServers)];
  const given = new Set([...ids.values(), ...earlier.map(({ id }) => id)]);
  const kept = new Set(earlier.filter((server) => server.kept).map(({ address }) => address));
  const gone = new Set<string>();
  return {
    ids: () => ids,
    use: (next) => {
      const known = servers.map(({ name, address }) => ({ id: ids.get(name) ?? 0, address }));
      [servers, ids] = [next, numberServers(next, known, maxServers)];
      for (const id of ids.values()) given.add(id);
    },
    look: (now) => {
      const back = now.filter((server) => server.kept && gone.delete(server.address)).map(({ address }) => address);
      for (const server of now) {
        if (server.kept) kept.add(server.address);
        else if (kept.has(server.address)) gone.add(server.address);
      }
      if (back.length === 0) return false;
      const names = servers.filter(({ address }) => back.includes(address)).map(({ name }) => name);
      ids = renumber(ids, names, given, maxServers);
      for (const id of ids.values()) given.add(id);
      return true;
    },
  };
}

/**
 * Other numbers for those servers: the lowest above all that were given, or else the lowest that is free, so that a number is not
 * given again as long as there are others.
 * @param given numbers that some server has or had
 */
function renumber(
  ids: ReadonlyMap<string, number>,
  names: readonly string[],
  given: ReadonlySet<number>,
  maxServers: number,
): Map<string, number> {
  const after = new Map(ids);
  const taken = new Set([...given, ...ids.values()]);
  for (const name of names) {
    const next = lowestOutside(taken);
    const id = next < maxServers ? next : lowestOutside(new Set(after.values()));
    if (id >= maxServers) continue;
    taken.add(id);
    after.set(name, id);
  }
  return after;
}

/**
 * Numbers for the servers in the data path's table. A server keeps the number that its address had before, in an earlier
 * life of the daemon or configuration, because the connections that are still in the data path point at it. New ones get
 * the lowest that is free; the number of a server that has gone is given away only when there is no other.
 */
export function numberServers(
  servers: readonly { name: string; address: string }[],
  earlier: readonly { id: number; address: string }[],
  maxServers: number,
): Map<string, number> {
  const known = new Map(earlier.map(({ id, address }) => [address, id]));
  const kept = new Set(servers.flatMap(({ address }) => known.get(address) ?? []));
  const taken = new Set(known.values());
  const free = () => {
    const unused = lowestOutside(taken);
    const id = unused < maxServers ? unused : lowestOutside(kept);
    taken.add(id);
    kept.add(id);
    return id;
  };
  return new Map(servers.map(({ name, address }) => [name, known.get(address) ?? free()]));
}

function lowestOutside(ids: ReadonlySet<number>): number {
  let id = 0;
  while (ids.has(id)) id++;
  return id;
}
