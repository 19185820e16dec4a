import type { CheckConfig } from '../config/schema.ts';

/** What a pool says of a server of its: that it could send something there, that its check fails, that it has not passed. */
export const [SERVES, FAILS, UNPROVED] = [1, 2, 4];

/** What all pools together say of each server, by its address. Counted, so that no pool need be asked again. */
export interface ServerVotes {
  /** A pool has the server, and checks it or does not. */
  add(address: string, check: CheckConfig | undefined): void;
  /** A pool says something else of it. Whether it thereby passes all checks, or no longer does. */
  recount(address: string, before: number, now: number): boolean;
  passesAll(address: string): boolean;
  addresses(): Iterable<string>;
  /** Servers that some pool could send something to, and servers that fail a check. */
  serving(): ReadonlySet<string>;
  failing(): ReadonlySet<string>;
  /** Whether every check of the server fails, and all of them say that its connections move then. */
  movesAway(address: string): boolean;
}

/** How many pools say so. */
interface Votes {
  serves: number;
  fails: number;
  unproved: number;
  checks: number;
  moving: number;
}

export function openServerVotes(): ServerVotes {
  const servers = new Map<string, Votes>();
  const of = (address: string): Votes => {
    const known = servers.get(address) ?? { serves: 0, fails: 0, unproved: 0, checks: 0, moving: 0 };
    servers.set(address, known);
    return known;
  };
  const those = (are: (standing: Votes) => boolean): ReadonlySet<string> =>
    new Set([...servers].flatMap(([address, standing]) => (are(standing) ? [address] : [])));
  return {
    add: (address, check) => {
      const standing = of(address);
      if (check) standing.checks++;
      if (check?.onFailure === 'move') standing.moving++;
    },
    recount: (address, before, now) => {
      const standing = of(address);
      const change = (flag: number): number => Number((now & flag) !== 0) - Number((before & flag) !== 0);
      const passed = standing.unproved === 0;
      standing.serves += change(SERVES);
      standing.fails += change(FAILS);
      standing.unproved += change(UNPROVED);
      return passed !== (standing.unproved === 0);
    },
    passesAll: (address) => servers.get(address)?.unproved === 0,
    addresses: () => servers.keys(),
    serving: () => those(({ serves }) => serves > 0),
    failing: () => those(({ fails }) => fails > 0),
    movesAway: (address) => {
      const { checks = 0, moving, fails } = servers.get(address) ?? {};
      return checks > 0 && moving === checks && fails === checks;
    },
  };
}
