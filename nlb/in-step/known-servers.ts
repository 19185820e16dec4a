import { createHash } from 'node:crypto';
import type { ServerName } from '../sync/records.ts';
import type { Configured } from './configured.ts';

/**
 * Which servers the standby is known to have in its configuration, while it differs from this node's: a SET that named another would leave
 * the slots of a standby without anybody.
 */
export interface KnownServers {
  /** This node's own configuration. */
  use(configured: Configured): void;
  /** As a number, which is the same on both nodes where their servers and services are. */
  own(): number;
  /** The standby has said its number. */
  heard(number: number): void;
  /** Those that both nodes had when they last had the same; undefined while they have, or the standby has not said. */
  known(): ReadonlySet<ServerName> | undefined;
  /** Another standby, or none. @param before the servers of what is committed */
  forget(before: Iterable<ServerName>): void;
}

export function openKnownServers(): KnownServers {
  let servers = new Set<ServerName>();
  let [own, theirs]: [number, number | undefined] = [0, undefined];
  let agreed: ReadonlySet<ServerName> = servers;
  const settle = (): void => {
    if (theirs === own) agreed = servers;
  };
  return {
    use: (configured) => {
      servers = new Set(configured.pools.flatMap(({ members }) => members.map(({ address }) => address)));
      own = numberOf(configured, servers);
      settle();
    },
    own: () => own,
    heard: (number) => {
      theirs = number;
      settle();
    },
    known: () => (theirs === undefined || theirs === own ? undefined : agreed),
    forget: (before) => {
      [theirs, agreed] = [undefined, new Set(before)];
    },
  };
}

function numberOf({ services }: Configured, servers: ReadonlySet<ServerName>): number {
  const names = services.map(({ protocol, address, port }) => `${protocol} ${address}:${port}`);
  const text = [...[...servers].sort(), '', ...names.sort()].join('\n');
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
