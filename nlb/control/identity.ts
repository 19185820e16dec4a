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
  const lowestOutside = (ids: ReadonlySet<number>) => {
    let id = 0;
    while (ids.has(id)) id++;
    return id;
  };
  const free = () => {
    const unused = lowestOutside(taken);
    const id = unused < maxServers ? unused : lowestOutside(kept);
    taken.add(id);
    kept.add(id);
    return id;
  };
  return new Map(servers.map(({ name, address }) => [name, known.get(address) ?? free()]));
}
