import { isExpired } from '../specification/connection.ts';
import type { Connection, ProvenTable } from '../specification/knowledge.ts';
import type { Timeouts } from '../specification/timeouts.ts';

const STEP_ENTRIES = 8192;

/**
 * Remove what has expired from the tables of connections that have proved themselves, in steps, as ../tables/sweep.ts does in
 * the kernel's; nothing needs to be counted again here. Returns how many were removed, each of which `removed` is told of. It goes
 * through what was there at the start: a table of the newest at the end would have no end while packets come.
 */
export function* expireFlowTables(
  flowTables: Record<ProvenTable, Map<string, Connection>>,
  timeouts: Timeouts,
  nowNs: bigint,
  removed: (table: ProvenTable, connection: Connection) => void,
): Generator<undefined, number> {
  let count = 0;
  for (const table of ['connections', 'udpFlows'] as const) {
    for (const [index, name] of [...flowTables[table].keys()].entries()) {
      if (index % STEP_ENTRIES === STEP_ENTRIES - 1) yield;
      const connection = flowTables[table].get(name);
      if (!connection || !isExpired(connection, timeouts, nowNs)) continue;
      flowTables[table].delete(name);
      removed(table, connection);
      count++;
    }
  }
  return count;
}
