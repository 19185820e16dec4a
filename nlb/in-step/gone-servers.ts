import type { ServerSeen } from './configured.ts';

/**
 * Which servers are gone, as the engine of the node that leads is told. One that is out of the configuration is gone at once; one that
 * the main thread takes for gone is so once this node has had the time to look itself, after it has taken over: what it thought as
 * a standby may be wrong, and would move connections that live.
 */
export interface GoneServers {
  see(servers: readonly ServerSeen[]): void;
  /** The node leads. @returns those that are gone now */
  begin(trustedFromMs: number, known: readonly string[]): ReadonlySet<string>;
  /** As it was told last. */
  isGone(address: string): boolean;
  /** Those that are gone, or back, since they were told last. */
  changes(known: readonly string[]): [address: string, isGone: boolean][];
}

/** `known`: those of the rule, whether they are configured here or not. */
export function openGoneServers(nowMs: () => number): GoneServers {
  let servers = new Map<string, ServerSeen>();
  let trustedFromMs = 0;
  let told: ReadonlySet<string> = new Set();
  /** Whether something may have changed. There may be very many servers, and this is asked with every tick. */
  let isDue = true;
  const isGone = (address: string): boolean => {
    const server = servers.get(address);
    return server === undefined || (server.isGone && nowMs() >= trustedFromMs);
  };
  const goneNow = (known: readonly string[]): Set<string> =>
    new Set([...servers.keys(), ...told, ...known].filter(isGone));
  return {
    see: (seen) => {
      servers = new Map(seen.map((server) => [server.address, server]));
      isDue = true;
    },
    begin: (atMs, known) => {
      [trustedFromMs, told] = [atMs, new Set()];
      told = goneNow(known);
      isDue = nowMs() < trustedFromMs;
      return told;
    },
    isGone: (address) => told.has(address),
    changes: (known) => {
      if (!isDue) return [];
      isDue = nowMs() < trustedFromMs;
      const [before, now] = [told, goneNow(known)];
      told = now;
      return [...new Set([...before, ...now])]
        .filter((address) => before.has(address) !== now.has(address))
        .map((address) => [address, now.has(address)]);
    },
  };
}
