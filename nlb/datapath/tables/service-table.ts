import { closeSync } from 'node:fs';
import {
  createSingle,
  dropEntry,
  getEntry,
  indexKey,
  listKeys,
  mapInfo,
  putEntry,
  readSingleById,
} from '../../kernel/bpf-map.ts';
import { bytesToQuad, quadToBytes } from '../../kernel/inet.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { type Change, nameOfService, type ServiceEntry } from './tables.ts';

const { serviceKey: KEY, service: ROW } = STRUCTS;
const ID_BYTES = 4;
const NS_PER_MS = 1_000_000n;
export const SELECTION_BYTES = 2 * CONSTANTS.SELECTION_SLOTS;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export type ServiceName = Omit<ServiceEntry, 'slots' | 'persistence'>;

/**
 * Services: ids by address, protocol and port; by id, what each is; and for each a selection table, a map of its own that
 * is filled first and then put in place whole.
 */
export interface ServiceTable {
  /** Write new services, and new selection tables where the slots differ. Throws KernelRefusal. */
  put(wanted: ServiceEntry[]): Change[];
  /** Remove the services that are not wanted. Throws KernelRefusal. */
  dropOthers(wanted: ServiceEntry[]): Change[];
  /** Those that are wanted, in the order of address, port, protocol. Throws KernelRefusal. */
  read(wanted?: (service: ServiceName) => boolean): ServiceEntry[];
  /** The number of each service, by name. Throws KernelRefusal. */
  ids(): Map<string, number>;
}

/** Selection tables are never written once in use, so what a map of a given id holds is known for good. */
type Contents = Map<number, Buffer>;

export function openServiceTable(descriptor: (map: string) => number): ServiceTable {
  const [ids, rows, selections] = [descriptor('service_ids'), descriptor('services'), descriptor('selections')];
  const contents: Contents = new Map();
  const selectionOf = (id: number): Buffer | undefined => readSelection(selections, id, contents);
  return {
    put: (wanted) => {
      const known = idsByName(ids);
      return [
        ...wanted.flatMap((service) => putSelection(selections, contents, service, claimId(known, service))),
        ...wanted.flatMap((service) => putService(ids, rows, service, claimId(known, service))),
      ];
    },
    dropOthers: (wanted) => dropOthers(ids, rows, selections, contents, new Set(wanted.map(nameOfService))),
    ids: () => idsByName(ids),
    read: (wanted = () => true) =>
      listServices(ids)
        .filter(wanted)
        .map(({ id, ...name }) => ({
          ...name,
          ...decodePersistence(getEntry(rows, indexKey(id), ROW.size)),
          slots: decodeSlots(selectionOf(id)),
        })),
  };
}

/** The service's id, or the lowest that nobody has, which is then its own. */
function claimId(known: Map<string, number>, service: ServiceName): number {
  const name = nameOfService(service);
  const taken = new Set(known.values());
  let id = known.get(name) ?? 0;
  if (!known.has(name)) while (taken.has(id)) id++;
  known.set(name, id);
  return id;
}

function idsByName(services: number): Map<string, number> {
  return new Map(listServices(services).map((service) => [nameOfService(service), service.id]));
}

function listServices(services: number): (ServiceName & { id: number })[] {
  return listKeys(services, KEY.size)
    .sort(Buffer.compare)
    .flatMap((key) => {
      const id = getEntry(services, key, ID_BYTES)?.readUInt32LE(0);
      return id === undefined ? [] : [{ ...decodeKey(key), id }];
    });
}

/** What it is comes before the key that leads there. */
function putService(ids: number, rows: number, service: ServiceEntry, id: number): Change[] {
  const [key, row] = [encodeKey(service), encodeService(service, id)];
  const known = getEntry(ids, key, ID_BYTES) !== undefined;
  if (known && getEntry(rows, indexKey(id), ROW.size)?.equals(row)) return [];
  putEntry(rows, indexKey(id), row);
  if (!known) putEntry(ids, key, indexKey(id));
  return [{ table: 'services', change: known ? 'changed' : 'added', subject: nameOfService(service) }];
}

function putSelection(selections: number, contents: Contents, service: ServiceEntry, id: number): Change[] {
  const wanted = encodeSlots(service.slots);
  const current = readSelection(selections, id, contents);
  if (current?.equals(wanted)) return [];
  const replacedId = selectionId(selections, id);
  const fd = createSingle('selection', wanted);
  try {
    putEntry(selections, indexKey(id), indexKey(fd));
    contents.set(mapInfo(fd).id, wanted);
  } finally {
    closeSync(fd);
  }
  if (replacedId !== undefined) contents.delete(replacedId);
  return [{ table: 'selections', change: current ? 'changed' : 'added', subject: nameOfService(service) }];
}

function dropOthers(ids: number, rows: number, selections: number, contents: Contents, kept: Set<string>): Change[] {
  const gone = listServices(ids).filter((service) => !kept.has(nameOfService(service)));
  for (const service of gone) {
    dropEntry(ids, encodeKey(service));
    putEntry(rows, indexKey(service.id), Buffer.alloc(ROW.size));
    contents.delete(selectionId(selections, service.id) ?? 0);
    dropEntry(selections, indexKey(service.id));
  }
  return gone.map((service) => ({ table: 'services', change: 'removed', subject: nameOfService(service) }));
}

/** The kernel's id of the map that holds a service's selection table. */
function selectionId(selections: number, id: number): number | undefined {
  return getEntry(selections, indexKey(id), 4)?.readUInt32LE(0);
}

function readSelection(selections: number, id: number, contents: Contents): Buffer | undefined {
  const mapId = selectionId(selections, id);
  if (mapId === undefined) return undefined;
  const bytes = contents.get(mapId) ?? readSingleById(mapId, SELECTION_BYTES);
  contents.set(mapId, bytes);
  return bytes;
}

/** The conversion to 16 bits makes NO_SERVER of -1. */
function encodeSlots(slots: Int32Array): Buffer {
  return Buffer.from(new Uint16Array(slots).buffer);
}

function decodeSlots(bytes: Buffer | undefined): Int32Array {
  if (!bytes) return new Int32Array(CONSTANTS.SELECTION_SLOTS).fill(-1);
  const slots = new Int32Array(new Uint16Array(bytes.buffer, bytes.byteOffset, CONSTANTS.SELECTION_SLOTS));
  for (let slot = 0; slot < slots.length; slot++) if (slots[slot] === CONSTANTS.NO_SERVER) slots[slot] = -1;
  return slots;
}

/** The key of a service in the kernel's table. */
export function encodeKey({ address, protocol, port }: ServiceName): Buffer {
  const key = Buffer.alloc(KEY.size);
  key.set(quadToBytes(address), KEY.address);
  key.writeUInt16BE(port, KEY.port);
  key.writeUInt8(PROTOCOLS[protocol], KEY.protocol);
  return key;
}

/** The row of a service in the kernel's table. */
export function encodeService({ address, protocol, port, persistence }: ServiceEntry, id: number): Buffer {
  const row = Buffer.alloc(ROW.size);
  row.set(quadToBytes(address), ROW.address);
  row.writeUInt16BE(port, ROW.port);
  row.writeUInt8(PROTOCOLS[protocol], ROW.protocol);
  row.writeUInt8(CONSTANTS.SERVICE_KNOWN, ROW.flags);
  row.writeUInt32LE(id, ROW.id);
  if (!persistence) return row;
  row.writeBigUInt64LE(BigInt(persistence.timeoutMs) * NS_PER_MS, ROW.persistenceNs);
  row.writeUInt32BE(maskOf(persistence.prefix), ROW.persistenceMask);
  return row;
}

const maskOf = (prefix: number): number => 2 ** 32 - 2 ** (32 - prefix);

function decodePersistence(row: Buffer | undefined): Pick<ServiceEntry, 'persistence'> {
  const timeoutNs = row?.readBigUInt64LE(ROW.persistenceNs) ?? 0n;
  if (!row || timeoutNs === 0n) return {};
  const prefix = 32 - Math.log2(2 ** 32 - row.readUInt32BE(ROW.persistenceMask));
  return { persistence: { timeoutMs: Number(timeoutNs / NS_PER_MS), prefix } };
}

function decodeKey(key: Buffer): ServiceName {
  return {
    address: bytesToQuad(key.subarray(KEY.address)),
    protocol: key.readUInt8(KEY.protocol) === PROTOCOLS.tcp ? 'tcp' : 'udp',
    port: key.readUInt16BE(KEY.port),
  };
}
