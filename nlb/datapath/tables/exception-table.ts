import { dropEntries, getEntry, mapInfo, putEntries, putEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { bytesToQuad } from '../../kernel/inet.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import { STRUCTS } from '../program/layout.ts';
import { type Address, wordOf } from '../specification/address.ts';
import { type Flow, type FlowNumbers, hashOfNumbers, nameOfFlow, numbersOf } from '../specification/flow.ts';
import type { Exception } from '../specification/knowledge.ts';
import { openExceptionFilter } from './exception-filter.ts';
import { openFlowSet } from './flow-set.ts';

/** Where single flows go, whatever their slots say: entries that the data path reads and nothing evicts. Throws SyscallError. */
export interface ExceptionTable {
  /** Throws SyscallError with E2BIG when the table is full. */
  put(flow: Flow, exception: Exception): void;
  /** The same of many, in their order: a third of the time. Throws SyscallError with E2BIG when the table is full; some are written then. */
  putAll(exceptions: readonly (readonly [Flow, Exception])[]): void;
  drop(flow: Flow): void;
  dropAll(flows: readonly Flow[]): void;
  find(flow: Flow): Exception | undefined;
  /** All of them, some thousands at a time. */
  list(): Generator<[Flow, Exception][]>;
  size(): number;
  close(): void;
}

const { flow: KEY, exception: VALUE } = STRUCTS;
/** At most so many are in one bucket of the table, which a step takes as a whole. */
const STEP_ENTRIES = 32_768;
/** Written by one call of the kernel. */
const WRITTEN_AT_ONCE = 256;

/** @param descriptor of a table, by its name in the program */
export function openExceptionTable(descriptor: (map: string) => number): ExceptionTable {
  const [fd, filter] = [descriptor('exceptions'), openExceptionFilter(descriptor('exception_filter'))];
  const chunk = Math.min(mapInfo(fd).maxEntries, STEP_ENTRIES);
  const [keys, values] = [Buffer.alloc(WRITTEN_AT_ONCE * KEY.size), Buffer.alloc(WRITTEN_AT_ONCE * VALUE.size)];
  const list = function* (): Generator<[Flow, Exception][]> {
    for (const { count, keys, values } of walkBatches(fd, KEY.size, VALUE.size, chunk))
      yield Array.from({ length: count }, (_, index) => [
        decodeFlow(keys.subarray(index * KEY.size)),
        decode(values.subarray(index * VALUE.size)),
      ]);
  };
  /** What is in the table: only this thread writes it. */
  const known = openFlowSet();
  const hashes = function* (): Generator<number[]> {
    for (const entries of list())
      yield entries.map(([flow]) => {
        const numbers = numbersOf(flow);
        known.add(numbers);
        return hashOfNumbers(numbers);
      });
  };
  filter.reset(hashes());

  function putSome(some: readonly (readonly [Flow, Exception])[]): void {
    const added: [place: number, flow: FlowNumbers][] = [];
    for (const [place, [flow, exception]] of some.entries()) {
      const numbers = numbersOf(flow);
      encodeFlow(keys, place * KEY.size, numbers);
      encode(values, place * VALUE.size, exception);
      if (!known.add(numbers)) continue;
      // The filter comes first: a program that finds its bit does not miss the exception.
      filter.add(hashOfNumbers(numbers));
      added.push([place, numbers]);
    }
    const written = putEntries(fd, keys, values, some.length);
    if (written === some.length) return;
    for (const [place, flow] of added) if (place >= written && known.remove(flow)) filter.remove(hashOfNumbers(flow));
    throw new SyscallError('write to map', 'exceptions', E2BIG);
  }
  function dropSome(flows: readonly FlowNumbers[]): void {
    for (const [place, flow] of flows.entries()) encodeFlow(keys, place * KEY.size, flow);
    dropEntries(fd, keys, flows.length);
    for (const flow of flows) filter.remove(hashOfNumbers(flow));
  }
  const dropAll = (flows: readonly Flow[]): void => {
    const there = flows.map(numbersOf).filter(known.remove);
    for (const some of pieces(there)) dropSome(some);
  };
  return {
    put: (flow, exception) => putSome([[flow, exception]]),
    putAll: (exceptions) => {
      for (const some of pieces(exceptions)) putSome(some);
    },
    drop: (flow) => dropAll([flow]),
    dropAll,
    find: (flow) => exceptionOf(fd, flow).get(nameOfFlow(flow)),
    list,
    size: known.size,
    close: filter.close,
  };
}

const E2BIG = 7;

const pieces = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / WRITTEN_AT_ONCE) }, (_, piece) =>
    all.slice(piece * WRITTEN_AT_ONCE, (piece + 1) * WRITTEN_AT_ONCE),
  );

/** The flow's exception, by its name, if it has one. Throws SyscallError. */
export function exceptionOf(fd: number, flow: Flow): Map<string, Exception> {
  const key = Buffer.alloc(KEY.size);
  encodeFlow(key, 0, numbersOf(flow));
  const value = getEntry(fd, key, VALUE.size);
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

function encode(into: Buffer, at: number, { server, serverAddress, isSettled }: Exception): void {
  into.writeUInt16LE(server, at + VALUE.server);
  into.writeUInt16LE(Number(isSettled), at + VALUE.settled);
  into.writeUInt32BE(wordOf(serverAddress), at + VALUE.serverAddress);
}

function decode(value: Buffer): Exception {
  return {
    server: value.readUInt16LE(VALUE.server),
    serverAddress: bytesToQuad(value.subarray(VALUE.serverAddress)) as Address,
    isSettled: value.readUInt16LE(VALUE.settled) !== 0,
  };
}

function encodeFlow(into: Buffer, at: number, flow: FlowNumbers): void {
  into.writeUInt32BE(flow.source, at + KEY.source);
  into.writeUInt32BE(flow.destination, at + KEY.destination);
  into.writeUInt16BE(flow.sourcePort, at + KEY.sourcePort);
  into.writeUInt16BE(flow.destinationPort, at + KEY.destinationPort);
  into.writeUInt32LE(flow.protocol, at + KEY.protocol);
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
