import { isExpired } from '../specification/connection.ts';
import type { Connection, ProvenTable } from '../specification/knowledge.ts';
import type { Timeouts } from '../specification/timeouts.ts';

const STEP_ENTRIES = 8192;

/**
 * Remove expired connections from the tables of proven ones, in steps, as ../tables/expire.ts does in the kernel's; no count needs
 * correction here. `removed` is called with each; returns how many. It walks the names that exist at the start: entries that are
 * written meanwhile move to the end of the Map, so that a walk through the Map itself might never end.
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
