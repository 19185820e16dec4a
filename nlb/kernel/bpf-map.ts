import { readFileSync } from 'node:fs';
import {
  mapCreate,
  mapDelete,
  mapDeleteBatch,
  mapLookup,
  mapLookupBatch,
  mapNextKey,
  mapUpdate,
  mapUpdateBatch,
  mapUpdateInBackground,
  objInfo,
} from './libbpf.ts';
import { SyscallError } from './syscall-error.ts';

/** What the kernel says of a map. Sizes in bytes. */
export interface MapInfo {
  type: number;
  id: number;
  keySize: number;
  valueSize: number;
  maxEntries: number;
  flags: number;
}

const BPF_MAP_TYPE_ARRAY = 2;
const BPF_MAP_TYPE_ARRAY_OF_MAPS = 12;
/** struct bpf_map_create_opts of libbpf 1.0: its size comes first. */
const MAP_CREATE_OPTS = { bytes: 48, innerMapFd: 24 } as const;
const MAP_INFO_BYTES = 88;
const [ENOENT, E2BIG] = [2, 7];

/** A key of an array: its index. */
export const indexKey = (index: number): Uint8Array => new Uint8Array(Uint32Array.of(index).buffer);

/** Throws SyscallError. */
export function mapInfo(fd: number): MapInfo {
  const info = Buffer.alloc(MAP_INFO_BYTES);
  insist('describe map', fd, objInfo(fd, info, Uint32Array.of(info.length)));
  const word = (index: number): number => info.readUInt32LE(4 * index);
  return { type: word(0), id: word(1), keySize: word(2), valueSize: word(3), maxEntries: word(4), flags: word(5) };
}

/** Bytes of kernel memory that a map takes, by its own account. */
export function mapBytes(fd: number): number {
  const [, bytes] = /^memlock:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8')) ?? [];
  if (bytes === undefined) throw new Error(`descriptor ${fd} is no BPF map: it has no account of its memory`);
  return Number(bytes);
}

/** A new array of `entries` rows; the caller owns the descriptor. Throws SyscallError. */
export function createArray(name: string, rowBytes: number, entries: number): number {
  const fd = mapCreate(BPF_MAP_TYPE_ARRAY, name, 4, rowBytes, entries, null);
  if (fd < 0) throw new SyscallError('make a map', name, -fd);
  return fd;
}

/** A new array of maps like that one, of `entries` rows; the caller owns the descriptor. Throws SyscallError. */
export function createArrayOfMaps(name: string, like: number, entries: number): number {
  const options = Buffer.alloc(MAP_CREATE_OPTS.bytes);
  options.writeBigUInt64LE(BigInt(options.length));
  options.writeUInt32LE(like, MAP_CREATE_OPTS.innerMapFd);
  const fd = mapCreate(BPF_MAP_TYPE_ARRAY_OF_MAPS, name, 4, 4, entries, options);
  if (fd < 0) throw new SyscallError('make a map of maps', name, -fd);
  return fd;
}

/** Put a map into an array of maps; the thread goes on meanwhile. Throws SyscallError. */
export async function putMapInBackground(fd: number, index: number, map: number): Promise<void> {
  insist('write to map', fd, await mapUpdateInBackground(fd, indexKey(index), indexKey(map), 0));
}

/** Write an entry, new or not. Throws SyscallError, for instance E2BIG when the map is full. */
export function putEntry(fd: number, key: Uint8Array, value: Uint8Array): void {
  insist('write to map', fd, mapUpdate(fd, key, value, 0));
}

/**
 * Write entries of a hash map, new or not, in their order.
 * @param keys of so many, one behind the other; values likewise
 * @returns how many have been written before one that there is no room for
 */
export function putEntries(fd: number, keys: Uint8Array, values: Uint8Array, many: number): number {
  const count = Uint32Array.of(many);
  const result = mapUpdateBatch(fd, keys, values, count, null);
  if (result !== -E2BIG) insist('write to map', fd, result);
  return count[0] ?? 0;
}

/** Remove entries of a hash map, all of which are there. Throws SyscallError. */
export function dropEntries(fd: number, keys: Uint8Array, many: number): void {
  insist('delete from map', fd, mapDeleteBatch(fd, keys, Uint32Array.of(many), null));
}

/** `bytes` of the entry's value, or undefined where there is none. Throws SyscallError. */
export function getEntry(fd: number, key: Uint8Array, bytes: number): Buffer | undefined {
  const value = Buffer.alloc(bytes);
  const result = mapLookup(fd, key, value);
  if (result === -ENOENT) return undefined;
  insist('read from map', fd, result);
  return value;
}

/** Remove an entry; false if there was none. Throws SyscallError. */
export function dropEntry(fd: number, key: Uint8Array): boolean {
  const result = mapDelete(fd, key);
  if (result !== -ENOENT) insist('delete from map', fd, result);
  return result !== -ENOENT;
}

/** All keys, for small maps that nobody else writes. Throws SyscallError. */
export function listKeys(fd: number, bytes: number): Buffer[] {
  const keys: Buffer[] = [];
  for (;;) {
    const next = Buffer.alloc(bytes);
    const result = mapNextKey(fd, keys.at(-1) ?? null, next);
    if (result === -ENOENT) return keys;
    insist('walk map', fd, result);
    keys.push(next);
  }
}

/** Keys and values of a chunk of a hash map, one behind the other. */
export interface Batch {
  count: number;
  keys: Buffer;
  values: Buffer;
}

const BATCH_ENTRIES = 32_768;

/**
 * Walk a hash map in chunks while others write it. The buffers are used again for the next chunk.
 * @param chunk entries of a chunk at most; the map has no more, or this is well above what one of its buckets may hold
 */
export function* walkBatches(
  fd: number,
  keyBytes: number,
  valueBytes: number,
  chunk: number = BATCH_ENTRIES,
): Generator<Batch> {
  const keys = Buffer.alloc(chunk * keyBytes);
  const values = Buffer.alloc(chunk * valueBytes);
  const next = Buffer.alloc(Math.max(keyBytes, 8));
  for (let from: Buffer | null = null; ; from = Buffer.from(next)) {
    const count = Uint32Array.of(chunk);
    const result = mapLookupBatch(fd, from, next, keys, values, count, null);
    if (result !== -ENOENT) insist('walk map', fd, result);
    yield { count: count[0] ?? 0, keys, values };
    if (result === -ENOENT) return;
  }
}

function insist(operation: string, fd: number, result: number): void {
  if (result < 0) throw new SyscallError(operation, `descriptor ${fd}`, -result);
}
