import { getEntry, indexKey, putEntry } from '../kernel/bpf-map.ts';
import { bytesToQuad, macToOctets, quadToBytes } from '../kernel/inet.ts';
import { CONSTANTS, OUTCOMES, STRUCTS } from './layout.ts';
import type { Port } from './ports.ts';
import type { Change, Tables } from './tables.ts';

const { settings: AT, port: PORT } = STRUCTS;

type PairAddresses = Pick<Tables, 'nlbs' | 'peer'>;

/** Write the pair's addresses and the interfaces, where they are not what is there. Throws KernelRefusal. */
export function putSettings(fd: number, addresses: PairAddresses, ports: Port[]): Change[] {
  const wanted = encode(addresses, ports);
  const current = getEntry(fd, indexKey(0), AT.size);
  if (current?.equals(wanted)) return [];
  putEntry(fd, indexKey(0), wanted);
  const subject = `${addresses.nlbs}, ${ports.map(({ device }) => device).join(' ')}`;
  return [{ table: 'settings', change: 'changed', subject }];
}

/** The addresses that the data path looks for in ARP requests; 0.0.0.0 before the first apply(). Throws KernelRefusal. */
export function readAddresses(fd: number): PairAddresses {
  const settings = getEntry(fd, indexKey(0), AT.size) ?? Buffer.alloc(AT.size);
  return { nlbs: bytesToQuad(settings.subarray(AT.nlbs)), peer: bytesToQuad(settings.subarray(AT.peer)) };
}

/** Whether the tables were written by a program that lays them out, and counts its outcomes, as this one does. */
export function isOurLayout(fd: number): boolean {
  const settings = getEntry(fd, indexKey(0), AT.size);
  return (
    settings?.readUInt32LE(AT.layoutVersion) === CONSTANTS.LAYOUT_VERSION &&
    settings.readUInt32LE(AT.outcomes) === OUTCOMES.length
  );
}

function encode({ nlbs, peer }: PairAddresses, ports: Port[]): Buffer {
  const bytes = Buffer.alloc(AT.size);
  bytes.writeUInt32LE(CONSTANTS.LAYOUT_VERSION, AT.layoutVersion);
  bytes.writeUInt32LE(OUTCOMES.length, AT.outcomes);
  bytes.set(quadToBytes(nlbs), AT.nlbs);
  bytes.set(quadToBytes(peer), AT.peer);
  bytes.writeUInt32LE(ports.length, AT.portCount);
  for (const [index, { ifindex, mac, roles }] of ports.entries()) {
    const at = AT.ports + index * PORT.size;
    bytes.writeUInt32LE(ifindex, at + PORT.ifindex);
    bytes.set(macToOctets(mac), at + PORT.mac);
    bytes.writeUInt8(roles, at + PORT.roles);
  }
  return bytes;
}
