/**
 * Numbers for the servers in the data path's table. A server keeps the number that an earlier life of the daemon gave its
 * address, because the connections that are still in the data path point at it; new ones get the lowest that is free.
 */
export function numberServers(
  servers: readonly { name: string; address: string }[],
  earlier: readonly { id: number; address: string }[],
): Map<string, number> {
  const known = new Map(earlier.map(({ id, address }) => [address, id]));
  const taken = new Set(known.values());
  const free = () => {
    let id = 0;
    while (taken.has(id)) id++;
    taken.add(id);
    return id;
  };
  return new Map(servers.map(({ name, address }) => [name, known.get(address) ?? free()]));
}
