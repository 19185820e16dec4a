import { dropEntry, getEntry, indexKey, listKeys, putEntry } from '../../kernel/bpf-map.ts';
import { bytesToQuad, quadToBytes } from '../../kernel/inet.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { assignRows, type PoolRow } from './pool-rows.ts';
import { openSelectionTable, type SelectionTable } from './selection-table.ts';
import { type Change, nameOfService, poolOf, type SelectedService, type ServiceEntry } from './tables.ts';

const { serviceKey: KEY, service: ROW } = STRUCTS;
const ID_BYTES = 4;
const NS_PER_MS = 1_000_000n;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export type ServiceName = Omit<ServiceEntry, 'slots' | 'persistence' | 'pool'>;

/** Services: ids by address, protocol and port; a row by id; and a selection for each pool. */
export interface ServiceTable {
  /**
   * Write new services, and the slots that differ, of pools that have theirs from here. If there is no room for removed and new services together, unwanted ones are
   * removed first. Throws SyscallError.
   */
  put(wanted: ServiceEntry[]): Change[];
  /** Write the slots that differ, of existing pools. */
  select(wanted: ReadonlyMap<string, Int32Array>): Change[];
  /** Remove the services that are not wanted. Throws SyscallError. */
  dropOthers(wanted: ServiceEntry[]): Change[];
  /** Those that are wanted, in the order of address, port, protocol. Services of one pool have the name of its first. */
  read(wanted?: (service: ServiceName) => boolean): SelectedService<Int32Array>[];
  /** The number of each service, by name. */
  ids(): Map<string, number>;
  /** Of the pools of the last put(). */
  poolRows(): Map<string, PoolRow>;
  close(): void;
}

/** A service in the kernel's tables. Nobody else writes these, so they are read once. */
interface Known {
  name: ServiceName;
  id: number;
  row: Buffer;
  /** The row of its pool's selection. */
  pool: number;
}

/** Throws SyscallError. */
export function openServiceTable(descriptor: (map: string) => number, maxServices: number): ServiceTable {
  const [ids, rows] = [descriptor('service_ids'), descriptor('services')];
  const selections = openSelectionTable(descriptor('selections'), maxServices);
  const known = readAll(ids, rows);
  let pools = new Map<string, number>();
  return {
    put: (wanted) => {
      const names = new Set(wanted.map(nameOfService));
      const together = new Set([...names, ...known.keys()]).size;
      const dropped = together > maxServices ? dropOthers({ ids, rows, known }, names) : [];
      const claimed = assignRows(wanted, new Map([...known].map(([name, { pool }]) => [name, pool])));
      pools = claimed;
      // A service moves from its old row to a new one before another pool's slots are written to the old row.
      const used = new Set(Array.from(known.values(), ({ pool }) => pool));
      const groups = [...Map.groupBy(wanted, poolOf)].map(([pool, services]) => ({
        pool,
        services,
        row: claimed.get(pool) ?? 0,
      }));
      const putAll = (some: typeof groups): Change[] => [
        ...some.flatMap(({ pool, services, row }) => putSelection(selections, pool, row, services, known)),
        ...some.flatMap(({ services, row }) =>
          services.flatMap((service) => putService({ ids, rows, known }, service, row)),
        ),
      ];
      const [inNewRows, inPlace] = [true, false].map((isNew) => groups.filter(({ row }) => used.has(row) !== isNew));
      return [...dropped, ...putAll(inNewRows ?? []), ...putAll(inPlace ?? [])];
    },
    select: (wanted) =>
      [...wanted].flatMap(([pool, slots]): Change[] => {
        const row = pools.get(pool);
        if (row === undefined) throw new RangeError(`There is no pool ${pool}`);
        return selections.write(row, slots) > 0 ? [{ table: 'selections', change: 'changed', subject: pool }] : [];
      }),
    dropOthers: (wanted) => dropOthers({ ids, rows, known }, new Set(wanted.map(nameOfService))),
    ids: () => new Map([...known].map(([name, { id }]) => [name, id])),
    poolRows: () => {
      const inRow = Map.groupBy(known, ([, { pool }]) => pool);
      const servicesIn = (row: number) => new Map(inRow.get(row)?.map(([name, { id }]) => [name, id]));
      return new Map([...pools].map(([pool, row]) => [pool, { row, services: servicesIn(row) }]));
    },
    read: (wanted = () => true) => readServices(selections, known, wanted),
    close: selections.close,
  };
}

function readAll(ids: number, rows: number): Map<string, Known> {
  const found = listKeys(ids, KEY.size).flatMap((key): [string, Known][] => {
    const id = getEntry(ids, key, ID_BYTES)?.readUInt32LE(0);
    const row = id === undefined ? undefined : getEntry(rows, indexKey(id), ROW.size);
    if (id === undefined || !row) return [];
    const name = decodeKey(key);
    return [[nameOfService(name), { name, id, row, pool: row.readUInt32LE(ROW.pool) }]];
  });
  return new Map(found);
}

function putSelection(
  selections: SelectionTable,
  pool: string,
  row: number,
  services: ServiceEntry[],
  known: ReadonlyMap<string, Known>,
): Change[] {
  const isNew = services.every((service) => known.get(nameOfService(service))?.pool !== row);
  const slots = services[0]?.slots;
  const changed = slots ? selections.write(row, slots) : 0;
  if (!slots) leaveRow(selections, row, isNew);
  if (changed === 0 && !isNew) return [];
  return [{ table: 'selections', change: isNew ? 'added' : 'changed', subject: pool }];
}

/** To another thread. What a row had for other services must not show through. */
function leaveRow(selections: SelectionTable, row: number, isNew: boolean): void {
  if (isNew) selections.clear(row);
  else selections.leave(row);
}

interface Tables {
  ids: number;
  rows: number;
  known: Map<string, Known>;
}

/** The row is written before the key that refers to it. */
function putService({ ids, rows, known }: Tables, service: ServiceEntry, pool: number): Change[] {
  const name = nameOfService(service);
  const before = known.get(name);
  const id = before?.id ?? lowestFree(known);
  const row = encodeService(service, id, pool);
  if (before?.row.equals(row)) return [];
  putEntry(rows, indexKey(id), row);
  if (!before) putEntry(ids, encodeKey(service), indexKey(id));
  const { address, protocol, port } = service;
  known.set(name, { name: { address, protocol, port }, id, row, pool });
  return [{ table: 'services', change: before ? 'changed' : 'added', subject: name }];
}

function lowestFree(known: ReadonlyMap<string, Known>): number {
  const taken = new Set(Array.from(known.values(), ({ id }) => id));
  let id = 0;
  while (taken.has(id)) id++;
  return id;
}

function dropOthers({ ids, rows, known }: Tables, kept: Set<string>): Change[] {
  const gone = [...known].filter(([name]) => !kept.has(name));
  for (const [name, service] of gone) {
    dropEntry(ids, encodeKey(service.name));
    putEntry(rows, indexKey(service.id), Buffer.alloc(ROW.size));
    known.delete(name);
  }
  return gone.map(([subject]) => ({ table: 'services', change: 'removed', subject }));
}

function readServices(
  selections: SelectionTable,
  known: ReadonlyMap<string, Known>,
  wanted: (service: ServiceName) => boolean,
): SelectedService<Int32Array>[] {
  const inOrder = [...known.values()].sort((a, b) => Buffer.compare(encodeKey(a.name), encodeKey(b.name)));
  const members = Map.groupBy(inOrder, ({ pool }) => pool);
  const read = new Map<number, Int32Array>();
  const slotsOf = (pool: number): Int32Array => {
    const slots = read.get(pool) ?? selections.read(pool);
    read.set(pool, slots);
    return slots;
  };
  return inOrder
    .filter(({ name }) => wanted(name))
    .map(({ name, row, pool }) => {
      const [first, another] = members.get(pool) ?? [];
      return {
        ...name,
        ...decodePersistence(row),
        ...(first && another && { pool: nameOfService(first.name) }),
        slots: slotsOf(pool),
      };
    });
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
export function encodeService(
  { address, protocol, port, persistence }: ServiceEntry,
  id: number,
  pool: number,
): Buffer {
  const row = Buffer.alloc(ROW.size);
  row.set(quadToBytes(address), ROW.address);
  row.writeUInt16BE(port, ROW.port);
  row.writeUInt8(PROTOCOLS[protocol], ROW.protocol);
  row.writeUInt8(CONSTANTS.SERVICE_KNOWN, ROW.flags);
  row.writeUInt32LE(id, ROW.id);
  row.writeUInt32LE(pool, ROW.pool);
  if (!persistence) return row;
  row.writeBigUInt64LE(BigInt(persistence.timeoutMs) * NS_PER_MS, ROW.persistenceNs);
  row.writeUInt32BE(maskOf(persistence.prefix), ROW.persistenceMask);
  return row;
}

const maskOf = (prefix: number): number => 2 ** 32 - 2 ** (32 - prefix);

function decodePersistence(row: Buffer): Pick<ServiceEntry, 'persistence'> {
  const timeoutNs = row.readBigUInt64LE(ROW.persistenceNs);
  if (timeoutNs === 0n) return {};
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
