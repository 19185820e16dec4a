import { addEntry, dropEntry, getEntry, mapInfo, putEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { bytesToQuad, quadToBytes } from '../../kernel/inet.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import { type Flow, hashOf, nameOfFlow } from '../specification/flow.ts';
import type { Exception } from '../specification/knowledge.ts';
import { openExceptionFilter } from './exception-filter.ts';

/** Where single flows go, whatever their slots say: entries that the data path reads and nothing evicts. Throws SyscallError. */
export interface ExceptionTable {
  /** Throws SyscallError with E2BIG when the table is full. */
  put(flow: Flow, exception: Exception): void;
  drop(flow: Flow): void;
  find(flow: Flow): Exception | undefined;
  /** All of them, some thousands at a time. */
  list(): Generator<[Flow, Exception][]>;
  size(): number;
  close(): void;
}

const { flow: KEY, exception: VALUE } = STRUCTS;

/** @param descriptor of a table, by its name in the program */
export function openExceptionTable(descriptor: (map: string) => number): ExceptionTable {
  const [fd, filter] = [descriptor('exceptions'), openExceptionFilter(descriptor('exception_filter'))];
  const chunk = Math.min(mapInfo(fd).maxEntries, STEP_ENTRIES);
  const list = function* (): Generator<[Flow, Exception][]> {
    for (const { count, keys, values } of walkBatches(fd, KEY.size, VALUE.size, chunk))
      yield Array.from({ length: count }, (_, index) => [
        decodeFlow(keys.subarray(index * KEY.size)),
        decode(values.subarray(index * VALUE.size)),
      ]);
  };
  const hashes = function* (): Generator<number[]> {
    for (const entries of list()) yield entries.map(([flow]) => hashOf(flow));
  };
  filter.reset(hashes());
  return {
    put: (flow, exception) => {
      const [key, value] = [encodeFlow(flow), encode(exception)];
      // The filter comes first: a program that finds its bit does not miss the exception.
      filter.add(hashOf(flow));
      try {
        if (addEntry(fd, key, value)) return;
      } catch (error) {
        filter.remove(hashOf(flow));
        throw error;
      }
      filter.remove(hashOf(flow));
      putEntry(fd, key, value);
    },
    drop: (flow) => {
      if (dropEntry(fd, encodeFlow(flow))) filter.remove(hashOf(flow));
    },
    find: (flow) => exceptionOf(fd, flow).get(nameOfFlow(flow)),
    list,
    size: filter.size,
    close: filter.close,
  };
}

/** The flow's exception, by its name, if it has one. Throws SyscallError. */
export function exceptionOf(fd: number, flow: Flow): Map<string, Exception> {
  const value = getEntry(fd, encodeFlow(flow), VALUE.size);
  return new Map(value ? [[nameOfFlow(flow), decode(value)]] : []);
}

/** From one table to another: as many as that has room for. Throws SyscallError. */
export function copyExceptions(from: number, to: number): void {
  let room = mapInfo(to).maxEntries;
  for (const { count, keys, values } of walkBatches(from, KEY.size, VALUE.size))
    for (let index = 0; index < count && room > 0; index++, room--)
      putEntry(to, entryIn(keys, index, KEY.size), entryIn(values, index, VALUE.size));
}

const entryIn = (entries: Buffer, index: number, bytes: number): Buffer =>
  entries.subarray(index * bytes, (index + 1) * bytes);

/** At most so many are in one bucket of the table, which a step takes as a whole. */
const STEP_ENTRIES = 32_768;

function encode({ server, serverAddress, isSettled }: Exception): Buffer {
  const value = Buffer.alloc(VALUE.size);
  value.writeUInt16LE(server, VALUE.server);
  value.writeUInt16LE(Number(isSettled), VALUE.settled);
  value.set(quadToBytes(serverAddress), VALUE.serverAddress);
  return value;
}

function decode(value: Buffer): Exception {
  return {
    server: value.readUInt16LE(VALUE.server),
    serverAddress: bytesToQuad(value.subarray(VALUE.serverAddress)) as Address,
    isSettled: value.readUInt16LE(VALUE.settled) !== 0,
  };
}

function encodeFlow({ source, destination, sourcePort, destinationPort, protocol }: Flow): Buffer {
  const key = Buffer.alloc(KEY.size);
  key.set(quadToBytes(source), KEY.source);
  key.set(quadToBytes(destination), KEY.destination);
  key.writeUInt16BE(sourcePort, KEY.sourcePort);
  key.writeUInt16BE(destinationPort, KEY.destinationPort);
  key.writeUInt32LE(protocol, KEY.protocol);
  return key;
}

/** From its first octets. */
export function decodeFlow(key: Buffer): Flow {
  return {
    source: bytesToQuad(key.subarray(KEY.source)) as Address,
    destination: bytesToQuad(key.subarray(KEY.destination)) as Address,
    sourcePort: key.readUInt16BE(KEY.sourcePort),
    destinationPort: key.readUInt16BE(KEY.destinationPort),
    protocol: key.readUInt32LE(KEY.protocol),
  };
}
