import { bytesToQuad, macToOctets, octetsToMac, quadToBytes } from '../../kernel/inet.ts';
import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { type DatapathInterface, interfaceTo } from '../attach/interfaces.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import type { Change, ServerEntry } from './tables.ts';

const AT = STRUCTS.server;
const WORDS = AT.size / 8;
const MAC_BYTES = 6;

/** The servers by id, in memory that the data path reads and this process writes without a system call. */
export interface ServerTable {
  /** Write the servers that are new or different. `interfaces`: the default server interface first. */
  put(wanted: ServerEntry[], interfaces: DatapathInterface[]): Change[];
  /** Clear the entries that are not among the wanted ones. */
  dropOthers(wanted: ServerEntry[]): Change[];
  /** The interface by which a frame with these first octets leaves: the hardware addresses of a server, and ours on the way there. */
  interfaceFor(addresses: Buffer): number | undefined;
  ids(): number[];
  /** In the order of their ids. */
  read(interfaces: DatapathInterface[]): ServerEntry[];
  close(): void;
}

/** Throws SyscallError. */
export function openServerTable(fd: number, maxServers: number): ServerTable {
  const memory = mapMemory(fd, maxServers * AT.size);
  const words = new BigUint64Array(memory.buffer);
  const written = new Map<number, string>();
  return {
    put: (wanted, interfaces) => {
      const there = JSON.stringify(interfaces);
      return wanted.flatMap((server) => {
        const row = wordsOf(server, there);
        if (written.get(server.id) === row) return [];
        const changes = put(words, server, interfaces);
        written.set(server.id, row);
        return changes;
      });
    },
    dropOthers: (wanted) => {
      const kept = new Set(wanted.map(({ id }) => id));
      for (const id of written.keys()) if (!kept.has(id)) written.delete(id);
      return dropOthers(words, kept);
    },
    interfaceFor: (addresses) => interfaceFor(memory, addresses),
    ids: () => ids(words),
    read: (interfaces) => ids(words).map((id) => decode(id, entryAt(memory, id), interfaces)),
    close: () => memory.close(),
  };
}

/** All input of an entry. Comparing it takes a tenth of the time of encoding it. */
const wordsOf = ({ address, mac, kept, device }: ServerEntry, ports: string): string =>
  `${address} ${mac} ${kept} ${device} ${ports}`;

const isKnown = (words: BigUint64Array, id: number): boolean => words[id * WORDS] !== 0n;

function ids(words: BigUint64Array): number[] {
  return Array.from({ length: words.length / WORDS }, (_, id) => id).filter((id) => isKnown(words, id));
}

function put(words: BigUint64Array, server: ServerEntry, interfaces: DatapathInterface[]): Change[] {
  const at = server.id * WORDS;
  const wanted = encode(server, interfaces);
  if (wanted.every((word, index) => word === words[at + index])) return [];
  const change = isKnown(words, server.id) ? 'changed' : 'added';
  const onlyFirstWord = wanted.subarray(1).every((word, index) => word === words[at + 1 + index]);
  // The first word has the flags: while it is zero, the entry is not used, and the other words can change.
  if (!onlyFirstWord) Atomics.store(words, at, 0n);
  for (let index = WORDS - 1; index >= 0; index--) Atomics.store(words, at + index, wanted[index] ?? 0n);
  return [{ table: 'servers', change, subject: `${server.id} ${server.address}` }];
}

function dropOthers(words: BigUint64Array, kept: Set<number>): Change[] {
  const gone = ids(words).filter((id) => !kept.has(id));
  for (const id of gone) {
    for (let index = 0; index < WORDS; index++) Atomics.store(words, id * WORDS + index, 0n);
  }
  return gone.map((id) => ({ table: 'servers', change: 'removed', subject: String(id) }));
}

/** If the interface to a server is missing, what is sent there is lost; its connections stay, because the interface may come back. */
function encode({ address, mac, kept, device, id }: ServerEntry, interfaces: DatapathInterface[]): BigUint64Array {
  const iface = interfaceTo({ id, device }, interfaces);
  const bytes = Buffer.alloc(AT.size);
  bytes.set(mac === undefined ? [] : macToOctets(mac), AT.mac);
  const stays = kept && mac !== undefined ? CONSTANTS.SERVER_KEPT : 0;
  const hasMac = mac === undefined ? 0 : CONSTANTS.SERVER_HAS_MAC;
  bytes.writeUInt8(CONSTANTS.SERVER_KNOWN | stays | hasMac, AT.flags);
  if (iface) bytes.set(macToOctets(iface.mac), AT.ownMac);
  bytes.writeUInt16LE(Math.min(iface?.mtu ?? 0xffff, 0xffff), AT.mtu);
  bytes.set(quadToBytes(address), AT.address);
  bytes.writeUInt32LE(iface?.ifindex ?? 0, AT.ifindex);
  return BigUint64Array.from({ length: WORDS }, (_, index) => bytes.readBigUInt64LE(8 * index));
}

function interfaceFor({ buffer }: MemoryMap, addresses: Buffer): number | undefined {
  const rows = Buffer.from(buffer);
  const alike = (row: number, at: number, from: number): boolean =>
    rows.compare(addresses, from, from + MAC_BYTES, row + at, row + at + MAC_BYTES) === 0;
  for (let row = 0; row < rows.length; row += AT.size)
    if (alike(row, AT.mac, 0) && alike(row, AT.ownMac, MAC_BYTES)) return rows.readUInt32LE(row + AT.ifindex);
  return undefined;
}

const entryAt = (memory: MemoryMap, id: number): Buffer => Buffer.from(memory.buffer, id * AT.size, AT.size);

function decode(id: number, bytes: Buffer, interfaces: DatapathInterface[]): ServerEntry {
  const flags = bytes.readUInt8(AT.flags);
  const index = interfaces.findIndex(({ ifindex }) => ifindex === bytes.readUInt32LE(AT.ifindex));
  const device = index === 0 ? undefined : interfaces[index]?.device;
  return {
    id,
    address: bytesToQuad(bytes.subarray(AT.address)),
    ...(flags & CONSTANTS.SERVER_HAS_MAC && { mac: octetsToMac(bytes.subarray(AT.mac)) }),
    kept: (flags & CONSTANTS.SERVER_KEPT) !== 0,
    ...(device !== undefined && { device }),
  };
}
