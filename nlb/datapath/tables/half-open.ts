import { getEntry, indexKey, mapInfo, putEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { bytesToQuad } from '../../kernel/inet.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import { type Flow, hashOf, nameOfFlow } from '../specification/flow.ts';
import type { Connection } from '../specification/knowledge.ts';
import { decodeFlow, type KnownConnection, type ServiceNames } from './entries.ts';
import type { TableSizes } from './tables.ts';

/** Half-open connections in the kernel's table: each in the row of its flow's hash, or in the neighbouring one. */

const { halfOpen: ROW, flow: FLOW } = STRUCTS;
/** 8 MiB. */
const MOST_ROWS = 262_144;
const ROWS_PER_CONNECTION = 4;
const STEP_ROWS = 8192;

/** A power of two. */
export const halfOpenRows = ({ maxConnections }: Pick<TableSizes, 'maxConnections'>): number =>
  Math.min(MOST_ROWS, ROWS_PER_CONNECTION * 2 ** Math.ceil(Math.log2(Math.max(1, maxConnections))));

/** The row of a flow's hash, among so many. */
export const rowOf = (flow: Flow, rows: number): number => hashOf(flow) % rows;

/** The neighbouring row, where the flow may be as well. */
export const besideRow = (row: number): number => (row % 2 === 0 ? row + 1 : row - 1);

/** All of them, some thousands of rows at a time, while the data path goes on. Throws SyscallError. */
export function* listHalfOpen(table: number, services: ServiceNames): Generator<KnownConnection[]> {
  const { maxEntries } = mapInfo(table);
  for (const { count, keys, values } of walkBatches(table, Uint32Array.BYTES_PER_ELEMENT, ROW.size, STEP_ROWS)) {
    const rows = Array.from({ length: count }, (_, at) => values.subarray(at * ROW.size, (at + 1) * ROW.size));
    yield rows.flatMap((row, at) => {
      const found = decodeRow(row, services);
      const number = keys.readUInt32LE(at * Uint32Array.BYTES_PER_ELEMENT);
      return found && [number, besideRow(number)].includes(rowOf(found.flow, maxEntries)) ? [found] : [];
    });
  }
}

/** How many there are, with expired ones whose rows are not reused yet. Throws SyscallError. */
export function countHalfOpen(table: number): number {
  let total = 0;
  for (const { count, values } of walkBatches(table, Uint32Array.BYTES_PER_ELEMENT, ROW.size, STEP_ROWS))
    for (let at = 0; at < count; at++) if (seenNs(values, at * ROW.size) !== 0n) total++;
  return total;
}

/** The flow's half-open connection; undefined if there is none. Throws SyscallError. */
export function readHalfOpen(table: number, flow: Flow, services: ServiceNames): Connection | undefined {
  return findRow(table, flow, services)?.connection;
}

/** Remove the flow's half-open connection. Throws SyscallError. */
export function forgetHalfOpen(table: number, flow: Flow): void {
  const found = findRow(table, flow, new Map());
  if (found) putEntry(table, indexKey(found.row), Buffer.alloc(ROW.size));
}

function findRow(table: number, flow: Flow, services: ServiceNames) {
  const own = rowOf(flow, mapInfo(table).maxEntries);
  for (const row of [own, besideRow(own)]) {
    const bytes = getEntry(table, indexKey(row), ROW.size);
    const found = bytes && decodeRow(bytes, services);
    if (found && nameOfFlow(found.flow) === nameOfFlow(flow)) return { row, ...found };
  }
  return undefined;
}

const seenNs = (bytes: Buffer, at: number): bigint => bytes.readBigUInt64LE(at + ROW.seenNs);

/** Undefined if the row is free. */
function decodeRow(row: Buffer, services: ServiceNames): KnownConnection | undefined {
  const atNs = seenNs(row, 0);
  if (atNs === 0n) return undefined;
  const mix = row.readBigUInt64LE(ROW.binding) ^ atNs;
  const key = Buffer.alloc(FLOW.size);
  key.writeBigUInt64LE(row.readBigUInt64LE(ROW.addresses) ^ mix, FLOW.source);
  key.writeBigUInt64LE(row.readBigUInt64LE(ROW.ports) ^ mix, FLOW.sourcePort);
  return {
    flow: decodeFlow(key),
    connection: {
      seenNs: atNs,
      server: row.readUInt16LE(ROW.binding),
      serverAddress: bytesToQuad(row.subarray(ROW.binding + 4)) as Address,
      service: services.get(row.readUInt16LE(ROW.binding + 2)) ?? 'unknown',
      state: 'unproven',
    },
  };
}
