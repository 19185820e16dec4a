import { mapMemory } from '../../kernel/memory-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { hashOfWords } from '../specification/flow.ts';
import type { TableSizes } from './tables.ts';

/**
 * The Bloom filter of the flows that may be in the table of TCP connections (known.bpf.h). The data path sets the bits of new
 * connections, in the active half, and in both while one is being rebuilt; a removed connection's bit stays until then. A false
 * positive only costs a look-up in the table.
 */

const BITS_PER_CONNECTION = 8;
const WORD_BITS = 64;
const RENEWING = BigInt(CONSTANTS.FILTER_RENEWING);

/** Words of eight bytes in one half: a power of two. With a full table at most an eighth of all other flows are false positives. */
export const filterWords = ({ maxConnections }: Pick<TableSizes, 'maxConnections'>): number =>
  2 ** Math.ceil(Math.log2(Math.max(1, (maxConnections * BITS_PER_CONNECTION) / WORD_BITS)));

/** Rows of the table: both halves, and behind them the number of the active one, and whether the other is being rebuilt. */
export const filterRows = (sizes: Pick<TableSizes, 'maxConnections'>): number => 2 * filterWords(sizes) + 1;

/** A filter that is being rebuilt. */
export interface Renewal {
  /** Add the key of a connection in the table. */
  add(key: Buffer): void;
  /** All have been added: make this half the active one. */
  finish(): void;
}

export interface KnownFlows {
  /** Begin in the inactive half, before the walk through the table. A second beginning discards the first. */
  renew(): Renewal;
  close(): void;
}

const { flow: FLOW } = STRUCTS;

/** Throws SyscallError. */
export function openKnownFlows(fd: number, sizes: Pick<TableSizes, 'maxConnections'>): KnownFlows {
  const words = filterWords(sizes);
  const memory = mapMemory(fd, filterRows(sizes) * BigUint64Array.BYTES_PER_ELEMENT);
  const state = new BigUint64Array(memory.buffer, 2 * words * BigUint64Array.BYTES_PER_ELEMENT, 1);
  return {
    renew: () => {
      const counting = (state[0] ?? 0n) & 1n;
      const next = 1n - counting;
      const start = Number(next) * words * BigUint64Array.BYTES_PER_ELEMENT;
      const bits = new Uint32Array(memory.buffer, start, 2 * words);
      bits.fill(0);
      Atomics.store(state, 0, counting | RENEWING);
      return {
        add: (key) => setBit(bits, hashOfKey(key)),
        finish: () => void Atomics.store(state, 0, next),
      };
    },
    close: () => memory.close(),
  };
}

/** Atomic, because the data path sets bits of the same words. */
function setBit(bits: Uint32Array, hash: number): void {
  const bit = hash % (bits.length * 32);
  Atomics.or(bits, bit >>> 5, 1 << (bit & 31));
}

const hashOfKey = (key: Buffer): number =>
  hashOfWords(
    key.readUInt32LE(FLOW.protocol),
    key.readUInt32BE(FLOW.source),
    key.readUInt32BE(FLOW.destination),
    key.readUInt32BE(FLOW.sourcePort),
  );
