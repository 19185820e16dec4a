import { dropEntry, getEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { NUMBER_OF, TIMEOUTS, type Timeouts } from '../specification/timeouts.ts';
import type { KnownFlows } from './known-flows.ts';

/** What a walk through the connections that have proved themselves has found. */
export interface Swept {
  /** Connections whose time was over; they are gone now. */
  removed: number;
  /** How many are active, by server id and by the service's number. */
  servers: Map<number, number>;
  services: Map<number, number>;
}

/** The table of connections, by its descriptor, and the filter before it. */
export interface SweptTable {
  connections: number;
  known: Pick<KnownFlows, 'renew'>;
}

const { flow: FLOW, connection: AT } = STRUCTS;
const NS_PER_MS = 1_000_000n;

/** A million entries take some 400 ms; so many take three or four. */
const STEP_ENTRIES = 8192;

/**
 * Remove what has expired, and count what has not, in steps of a few milliseconds. What is left makes the filter of known
 * flows anew. The data path goes on meanwhile: what it opens or ends during the walk may be counted or not. `nowNs` of
 * CLOCK_MONOTONIC. Throws KernelRefusal.
 */
export function* sweep(table: SweptTable, timeouts: Timeouts, nowNs: bigint): Generator<void, Swept> {
  const limits = TIMEOUTS.map((name) => [NUMBER_OF[name], BigInt(timeouts[name]) * NS_PER_MS] as const);
  const timeoutNs = new Map<number, bigint>(limits);
  const swept: Swept = { removed: 0, servers: new Map(), services: new Map() };
  const renewal = table.known.renew();
  for (const { count, keys, values } of walkBatches(table.connections, FLOW.size, AT.size, STEP_ENTRIES)) {
    for (let index = 0; index < count; index++) {
      const key = keys.subarray(index * FLOW.size, (index + 1) * FLOW.size);
      const value = values.subarray(index * AT.size, (index + 1) * AT.size);
      const state = value.readUInt8(AT.state);
      const seenNs = value.readBigUInt64LE(AT.seenNs);
      const over = seenNs + (timeoutNs.get(state) ?? 0n) <= nowNs;
      if (over && remove(table.connections, key, seenNs)) swept.removed++;
      else renewal.add(key);
      if (!over) countActive(swept, value, state);
    }
    yield;
  }
  renewal.finish();
  return swept;
}

function countActive({ servers, services }: Swept, value: Buffer, state: number): void {
  if (state !== CONSTANTS.STATE_ESTABLISHED && state !== CONSTANTS.STATE_DATAGRAMS) return;
  const [server, service] = [value.readUInt32LE(AT.server), value.readUInt16LE(AT.service)];
  servers.set(server, (servers.get(server) ?? 0) + 1);
  services.set(service, (services.get(service) ?? 0) + 1);
}

/** Unless a packet has come for it since it was looked at. */
function remove(connections: number, key: Buffer, seenNs: bigint): boolean {
  if (getEntry(connections, key, AT.size)?.readBigUInt64LE(AT.seenNs) !== seenNs) return false;
  dropEntry(connections, key);
  return true;
}
