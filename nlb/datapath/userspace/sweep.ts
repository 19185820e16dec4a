import { isActive, isExpired } from '../specification/connection.ts';
import type { Connection } from '../specification/knowledge.ts';
import type { Timeouts } from '../specification/timeouts.ts';
import type { Swept } from './questions.ts';

const STEP_ENTRIES = 8192;

/**
 * Remove what has expired from the table, and count what is active of the rest, in steps, as ../sweep.ts does in the kernel's.
 * It goes through what was there at the start: a table of the newest at the end would have no end while packets come.
 */
export function* sweepTable(
  connections: Map<string, Connection>,
  { timeouts, numbers }: { timeouts: Timeouts; numbers: ReadonlyMap<string, number> },
  nowNs: bigint,
): Generator<undefined, Swept> {
  const [servers, services] = [new Map<number, number>(), new Map<number, number>()];
  let removed = 0;
  for (const [index, name] of [...connections.keys()].entries()) {
    if (index % STEP_ENTRIES === STEP_ENTRIES - 1) yield;
    const connection = connections.get(name);
    if (!connection) continue;
    if (isExpired(connection, timeouts, nowNs)) {
      connections.delete(name);
      removed++;
    } else if (isActive(connection)) {
      const number = numbers.get(connection.service);
      servers.set(connection.server, (servers.get(connection.server) ?? 0) + 1);
      if (number !== undefined) services.set(number, (services.get(number) ?? 0) + 1);
    }
  }
  return { removed, servers: [...servers], services: [...services] };
}
