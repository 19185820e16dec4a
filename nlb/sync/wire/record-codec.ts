import type { LogRecord, Skipped } from '../records.ts';
import {
  FLOW_BYTES,
  POOL_BYTES,
  readFlow,
  readPool,
  readServer,
  SERVER_BYTES,
  serverBytes,
  writeFlow,
  writePool,
  writeServer,
} from './names.ts';
import { mostListBytes, readSlots, writeSlots } from './slot-list.ts';

/**
 * A record of the log as octets:
 *
 *   0      1        3
 *   ├──────┼────────┼───────┤           1 SET   │pool│server│slots│
 *   │ kind │ length │ value │           2 ADD   │flow│server│
 *   └──────┴────────┴───────┘           3 DEL   │flow│
 *
 * The length is the value's. A kind that this version does not know is skipped if its highest bit is set, and has its number in the log
 * all the same; else whoever reads it cannot stay in step, and the session ends. So is one that names an address family or a protocol
 * of a later version.
 */
const [SET, ADD, DEL] = [1, 2, 3];
const MAY_SKIP = 0x80;
const HEADER_BYTES = 3;

/** At least as many as the record takes. */
export const roomFor = (record: LogRecord): number =>
  HEADER_BYTES + FLOW_BYTES + SERVER_BYTES + (record.type === 'set' ? mostListBytes(record.slots.length) : 0);

/** @returns where it ends. Throws a RangeError on names that are none, and where there is no room. */
export function writeRecord(bytes: Buffer, at: number, record: LogRecord): number {
  const valueAt = at + HEADER_BYTES;
  let end = 0;
  switch (record.type) {
    case 'set':
      bytes[at] = SET;
      end = writeServer(bytes, writePool(bytes, valueAt, record.pool), record.server);
      end = writeSlots(bytes, end, record.slots);
      break;
    case 'add':
      bytes[at] = ADD;
      end = writeServer(bytes, writeFlow(bytes, valueAt, record.flow), record.server);
      break;
    case 'del':
      bytes[at] = DEL;
      end = writeFlow(bytes, valueAt, record.flow);
  }
  if (end > bytes.length) throw new RangeError(`A record of ${end - at} octets: more than there is room for`);
  bytes.writeUInt16BE(end - valueAt, at + 1);
  return end;
}

export interface Records {
  records: (LogRecord | Skipped)[];
  /** Kind of the first one that must not be skipped, and is not known here. Those before it are in `records`. */
  unknown?: number;
}

/** All records up to the end; undefined where the octets are none. */
export function readRecords(bytes: Buffer, from: number, perPool: number): Records | undefined {
  const records: (LogRecord | Skipped)[] = [];
  for (let at = from; at < bytes.length; ) {
    if (at + HEADER_BYTES > bytes.length) return undefined;
    const kind = bytes[at] ?? 0;
    const valueAt = at + HEADER_BYTES;
    const end = valueAt + bytes.readUInt16BE(at + 1);
    if (end > bytes.length) return undefined;
    const record = readValue(kind, bytes.subarray(valueAt, end), perPool);
    if (record === 'malformed') return undefined;
    if (record === 'unknown') return { records, unknown: kind };
    records.push(record);
    at = end;
  }
  return { records };
}

type Value = LogRecord | Skipped | 'malformed' | 'unknown';

function readValue(kind: number, value: Buffer, perPool: number): Value {
  if (kind === SET) return readSet(value, perPool);
  if (kind === ADD) return readAdd(value);
  if (kind === DEL) return readDel(value);
  return kind >= MAY_SKIP ? { type: 'skipped' } : 'unknown';
}

function readSet(value: Buffer, perPool: number): Value {
  if (value.length <= POOL_BYTES) return 'malformed';
  const [pool, said] = [readPool(value, 0), readServer(value, POOL_BYTES)];
  if (pool === undefined || said === undefined) return 'unknown';
  const slots = readSlots(value, POOL_BYTES + serverBytes(said.server), value.length, perPool);
  return slots ? { type: 'set', pool, slots, server: said.server } : 'malformed';
}

function readAdd(value: Buffer): Value {
  if (value.length <= FLOW_BYTES) return 'malformed';
  const [flow, said] = [readFlow(value, 0), readServer(value, FLOW_BYTES)];
  if (flow === undefined || said === undefined) return 'unknown';
  if (said.server === undefined || value.length !== FLOW_BYTES + SERVER_BYTES) return 'malformed';
  return { type: 'add', flow, server: said.server };
}

function readDel(value: Buffer): Value {
  if (value.length < 2) return 'malformed';
  const flow = readFlow(value, 0);
  if (flow === undefined) return value[0] === 4 && value.length < FLOW_BYTES ? 'malformed' : 'unknown';
  return value.length === FLOW_BYTES ? { type: 'del', flow } : 'malformed';
}
