import { CONSTANTS } from '../program/layout.ts';
import type { ProvenTable } from '../specification/knowledge.ts';
import { NUMBER_OF, TIMEOUTS, type Timeouts } from '../specification/timeouts.ts';
import type { FlowRows, RowSummary } from './flow-table.ts';
import type { Found, Recount } from './recount.ts';

/** The tables of proven connections, and their counts. */
export interface ExpiringTables extends Record<ProvenTable, FlowRows> {
  recount: Recount;
}

interface Pass {
  found: Found & { servers: Map<number, number>; services: Map<number, number> };
  isOver(row: RowSummary): boolean;
  recount: Recount;
  removed: number;
  stepGroups: number;
}

const NS_PER_MS = 1_000_000;
/** 1 MiB of rows: 2 ms if a third of them are in use, 4 if half of these expire at once. */
const STEP_GROUPS = 4096;

/**
 * Remove expired connections and count the others, in steps of a few milliseconds. The data path goes on meanwhile. Returns how many
 * were removed. `nowNs` of CLOCK_MONOTONIC.
 */
export function* expireConnections(tables: ExpiringTables, timeouts: Timeouts, nowNs: bigint): Generator<void, number> {
  const limits = TIMEOUTS.map((name) => [NUMBER_OF[name], timeouts[name] * NS_PER_MS] as const);
  const [timeoutNs, now] = [new Map<number, number>(limits), Number(nowNs)];
  const isOver = ({ seenNs, state }: RowSummary): boolean => seenNs + (timeoutNs.get(state) ?? 0) <= now;
  return yield* removeConnections(tables, isOver, STEP_GROUPS);
}

/** Remove the proven connections that are over and count the others, so many groups at a time. Returns how many were removed. */
export function* removeConnections(
  { recount, ...tables }: ExpiringTables,
  isOver: Pass['isOver'],
  stepGroups: number,
): Generator<void, number> {
  const pass: Pass = { found: { servers: new Map(), services: new Map() }, isOver, recount, removed: 0, stepGroups };
  yield* removeFrom('connections', tables.connections, pass);
  yield* removeFrom('udpFlows', tables.udpFlows, pass);
  recount.finish(pass.found);
  return pass.removed;
}

function* removeFrom(table: ProvenTable, rows: FlowRows, pass: Pass): Generator<void> {
  for (let group = 0; group < rows.groups; group += pass.stepGroups) {
    const freed = rows.used(group, pass.stepGroups).filter((row) => removeRow(table, rows, row, pass));
    for (const row of freed) rows.tidy(row);
    yield;
  }
}

/** Whether the row is free now. */
function removeRow(table: ProvenTable, rows: FlowRows, row: number, pass: Pass): boolean {
  const found = rows.look(row);
  if (!found) return false;
  if (pass.isOver(found) && rows.free(row, found.last)) {
    pass.removed++;
    pass.recount.removed(table, isActive(found) ? found : undefined);
    return true;
  }
  if (isActive(found)) note(pass.found, found);
  return false;
}

function note({ servers, services }: Pass['found'], { server, service }: RowSummary): void {
  servers.set(server, (servers.get(server) ?? 0) + 1);
  services.set(service, (services.get(service) ?? 0) + 1);
}

const isActive = ({ state }: RowSummary): boolean =>
  state === CONSTANTS.STATE_ESTABLISHED || state === CONSTANTS.STATE_DATAGRAMS;
