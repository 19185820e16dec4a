import { bytesToQuad, macToOctets, octetsToMac, quadToBytes } from '../../kernel/inet.ts';
import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { type Port, wayTo } from '../attach/ports.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import type { Change, ServerEntry } from './tables.ts';

const AT = STRUCTS.server;
const WORDS = AT.size / 8;

/** The servers by id, in memory that the data path reads and this process writes without a system call. */
export interface ServerTable {
  /** Write the servers that are new or different. `ports`: where they are reached, the default one first. */
  put(wanted: ServerEntry[], ports: Port[]): Change[];
  /** Clear the entries that are not among the wanted ones. */
  dropOthers(wanted: ServerEntry[]): Change[];
  ids(): number[];
  /** In the order of their ids. */
  read(ports: Port[]): ServerEntry[];
  close(): void;
}

/** Throws SyscallError. */
export function openServerTable(fd: number, maxServers: number): ServerTable {
  const memory = mapMemory(fd, maxServers * AT.size);
  const words = new BigUint64Array(memory.buffer);
  const written = new Map<number, string>();
  return {
    put: (wanted, ports) => {
      const there = JSON.stringify(ports);
      return wanted.flatMap((server) => {
        const said = wordsOf(server, there);
        if (written.get(server.id) === said) return [];
        const changes = put(words, server, ports);
        written.set(server.id, said);
        return changes;
      });
    },
    dropOthers: (wanted) => {
      const kept = new Set(wanted.map(({ id }) => id));
      for (const id of written.keys()) if (!kept.has(id)) written.delete(id);
      return dropOthers(words, kept);
    },
    ids: () => ids(words),
    read: (ports) => ids(words).map((id) => decode(id, entryAt(memory, id), ports)),
    close: () => memory.close(),
  };
}

/** All that an entry rests on. To compare it takes a tenth of the time that to encode it would. */
const wordsOf = ({ address, mac, kept, device }: ServerEntry, ports: string): string =>
  `${address} ${mac} ${kept} ${device} ${ports}`;

const isKnown = (words: BigUint64Array, id: number): boolean => words[id * WORDS] !== 0n;

function ids(words: BigUint64Array): number[] {
  return Array.from({ length: words.length / WORDS }, (_, id) => id).filter((id) => isKnown(words, id));
}

function put(words: BigUint64Array, server: ServerEntry, ports: Port[]): Change[] {
  const at = server.id * WORDS;
  const wanted = encode(server, ports);
  if (wanted.every((word, index) => word === words[at + index])) return [];
  const change = isKnown(words, server.id) ? 'changed' : 'added';
  const onlyFirstWord = wanted.subarray(1).every((word, index) => word === words[at + 1 + index]);
  // The first word holds the flags: cleared, it takes the entry out of use while the others change.
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

/** Where the interface to a server is missing, what is sent there is lost; its connections stay, for it may be made anew at once. */
function encode({ address, mac, kept, device, id }: ServerEntry, ports: Port[]): BigUint64Array {
  const port = wayTo({ id, device }, ports);
  const bytes = Buffer.alloc(AT.size);
  bytes.set(mac === undefined ? [] : macToOctets(mac), AT.mac);
  const stays = kept && mac !== undefined ? CONSTANTS.SERVER_KEPT : 0;
  const hasMac = mac === undefined ? 0 : CONSTANTS.SERVER_HAS_MAC;
  bytes.writeUInt8(CONSTANTS.SERVER_KNOWN | stays | hasMac, AT.flags);
  if (port) bytes.set(macToOctets(port.mac), AT.ownMac);
  bytes.writeUInt16LE(Math.min(port?.mtu ?? 0xffff, 0xffff), AT.mtu);
  bytes.set(quadToBytes(address), AT.address);
  bytes.writeUInt32LE(port?.ifindex ?? 0, AT.ifindex);
  return BigUint64Array.from({ length: WORDS }, (_, index) => bytes.readBigUInt64LE(8 * index));
}

const entryAt = (memory: MemoryMap, id: number): Buffer => Buffer.from(memory.buffer, id * AT.size, AT.size);

function decode(id: number, bytes: Buffer, ports: Port[]): ServerEntry {
  const flags = bytes.readUInt8(AT.flags);
  const port = ports.findIndex(({ ifindex }) => ifindex === bytes.readUInt32LE(AT.ifindex));
  const device = port === 0 ? undefined : ports[port]?.device;
  return {
    id,
    address: bytesToQuad(bytes.subarray(AT.address)),
    ...(flags & CONSTANTS.SERVER_HAS_MAC && { mac: octetsToMac(bytes.subarray(AT.mac)) }),
    kept: (flags & CONSTANTS.SERVER_KEPT) !== 0,
    ...(device !== undefined && { device }),
  };
}
