import { getEntry, takeEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import type { ProvenTable } from '../specification/knowledge.ts';
import { NUMBER_OF, TIMEOUTS, type Timeouts } from '../specification/timeouts.ts';
import type { KnownFlows } from './known-flows.ts';
import type { Counted, Found, Recount } from './recount.ts';

/** Descriptors of the tables of proven connections; the filter before the one of TCP; and their counts. */
export interface ExpiringTables extends Record<ProvenTable, number> {
  known: Pick<KnownFlows, 'renew'>;
  recount: Recount;
}

/** What a walk has found so far. */
interface Walk extends Found {
  present: Record<ProvenTable, number>;
  servers: Map<number, number>;
  services: Map<number, number>;
  removed: number;
}

const { flow: FLOW, connection: AT } = STRUCTS;
const NS_PER_MS = 1_000_000n;

/** A million entries take some 400 ms; so many take three or four. */
const STEP_ENTRIES = 8192;

/**
 * Remove expired connections and count the others, in steps of a few milliseconds, and rebuild the filter of known flows from the
 * others. The data path goes on meanwhile. Returns how many were removed. `nowNs` of CLOCK_MONOTONIC. Throws SyscallError.
 */
export function* expireConnections(tables: ExpiringTables, timeouts: Timeouts, nowNs: bigint): Generator<void, number> {
  const limits = TIMEOUTS.map((name) => [NUMBER_OF[name], BigInt(timeouts[name]) * NS_PER_MS] as const);
  const timeoutNs = new Map<number, bigint>(limits);
  const isOver = (value: Buffer): boolean =>
    value.readBigUInt64LE(AT.seenNs) + (timeoutNs.get(value.readUInt8(AT.state)) ?? 0n) <= nowNs;
  const walk: Walk = {
    present: { connections: 0, udpFlows: 0 },
    servers: new Map(),
    services: new Map(),
    removed: 0,
  };
  const renewal = tables.known.renew();
  yield* expireTable(tables, 'connections', { walk, isOver, left: renewal.add });
  renewal.finish();
  yield* expireTable(tables, 'udpFlows', { walk, isOver, left: () => {} });
  tables.recount.finish(walk);
  return walk.removed;
}

interface EntryHandling {
  walk: Walk;
  isOver(value: Buffer): boolean;
  /** Called with the key of each connection that stays. */
  left(key: Buffer): void;
}

function* expireTable(
  tables: ExpiringTables,
  table: ProvenTable,
  { walk, isOver, left }: EntryHandling,
): Generator<void> {
  for (const { count, keys, values } of walkBatches(tables[table], FLOW.size, AT.size, STEP_ENTRIES)) {
    for (let index = 0; index < count; index++) {
      const key = keys.subarray(index * FLOW.size, (index + 1) * FLOW.size);
      const value = values.subarray(index * AT.size, (index + 1) * AT.size);
      const taken = isOver(value) ? takeExpired(tables[table], key, isOver) : undefined;
      if (taken) {
        walk.removed++;
        tables.recount.removed(table, countedOf(taken));
        continue;
      }
      left(key);
      walk.present[table]++;
      note(walk, value);
    }
    yield;
  }
}

function note({ servers, services }: Walk, value: Buffer): void {
  const counted = countedOf(value);
  if (!counted) return;
  servers.set(counted.server, (servers.get(counted.server) ?? 0) + 1);
  services.set(counted.service, (services.get(counted.service) ?? 0) + 1);
}

/** Undefined where the connection is not active. */
function countedOf(value: Buffer): Counted | undefined {
  const state = value.readUInt8(AT.state);
  if (state !== CONSTANTS.STATE_ESTABLISHED && state !== CONSTANTS.STATE_DATAGRAMS) return undefined;
  return { server: value.readUInt32LE(AT.server), service: value.readUInt16LE(AT.service) };
}

/** The removed value; undefined if a packet has come for it since the walk saw it, or it was removed before. */
function takeExpired(table: number, key: Buffer, isOver: (value: Buffer) => boolean): Buffer | undefined {
  const value = getEntry(table, key, AT.size);
  return value && isOver(value) ? takeEntry(table, key, AT.size) : undefined;
}
