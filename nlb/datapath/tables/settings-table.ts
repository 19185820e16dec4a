import { randomBytes } from 'node:crypto';
import { getEntry, indexKey, putEntry } from '../../kernel/bpf-map.ts';
import { bytesToQuad, macToOctets, quadToBytes } from '../../kernel/inet.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { CONSTANTS, OUTCOMES, STRUCTS } from '../program/layout.ts';
import { gapNs } from '../specification/limits.ts';
import { NUMBER_OF, TIMEOUTS, type Timeouts } from '../specification/timeouts.ts';
import { type FlowRegion, type FlowRegions, regionsFor } from './flow-table-sizes.ts';
import type { BeatAddresses, Change, TableSizes, Tables } from './tables.ts';

const { settings: AT, flowRegion: REGION, datapathInterface: INTERFACE, beatPath: PATH } = STRUCTS;

const NS_PER_MS = 1_000_000n;

type PairSettings = Pick<Tables, 'nlbs' | 'heartbeat' | 'timeouts' | 'limits'>;

/** Write the pair's addresses, timeouts, limits and the interfaces, if they differ. Throws SyscallError. */
export function putSettings(
  fd: number,
  pair: PairSettings,
  interfaces: DatapathInterface[],
  sizes: TableSizes,
): Change[] {
  const current = getEntry(fd, indexKey(0), AT.size);
  const wanted = encode(pair, interfaces, sizes, hashSeed(fd) || randomBytes(8).readBigUInt64LE());
  if (current?.equals(wanted)) return [];
  putEntry(fd, indexKey(0), wanted);
  const subject = `${pair.nlbs}, ${interfaces.map(({ device }) => device).join(' ')}`;
  return [{ table: 'settings', change: 'changed', subject }];
}

/** What was written; before the first apply() addresses are 0.0.0.0, timeouts and limits zero. Throws SyscallError. */
export function readSettings(fd: number): PairSettings {
  const settings = getEntry(fd, indexKey(0), AT.size) ?? Buffer.alloc(AT.size);
  const times = TIMEOUTS.map((name) => [name, Number(settings.readBigUInt64LE(timeoutAt(name)) / NS_PER_MS)]);
  return {
    nlbs: bytesToQuad(settings.subarray(AT.nlbs)),
    heartbeat: {
      port: settings.readUInt16BE(AT.beatPort),
      access: readAddresses(settings, 0),
      server: readAddresses(settings, 1),
    },
    timeouts: Object.fromEntries(times) as Timeouts,
    limits: {
      tcpPerSecond: settings.readUInt32LE(AT.tcpPerSecond),
      udpPerSecond: settings.readUInt32LE(AT.udpPerSecond),
    },
  };
}

/** Of the hash of all tables of flows: as old as they are. Zero before the first putSettings(). Throws SyscallError. */
export const hashSeed = (fd: number): bigint => getEntry(fd, indexKey(0), AT.size)?.readBigUInt64LE(AT.hashSeed) ?? 0n;

const pathAt = (path: number): number => AT.beatPaths + path * PATH.size;

function readAddresses(settings: Buffer, path: number): BeatAddresses {
  const at = pathAt(path);
  return { own: bytesToQuad(settings.subarray(at + PATH.own)), peer: bytesToQuad(settings.subarray(at + PATH.peer)) };
}

const timeoutAt = (name: keyof Timeouts): number => AT.timeoutsNs + 8 * NUMBER_OF[name];

/** Whether the tables have this version's layout, and no outcomes that this version does not know: new ones come last. */
export function isOurLayout(fd: number): boolean {
  const settings = getEntry(fd, indexKey(0), AT.size);
  return (
    settings?.readUInt32LE(AT.layoutVersion) === CONSTANTS.LAYOUT_VERSION &&
    settings.readUInt32LE(AT.outcomes) <= OUTCOMES.length
  );
}

/** Into an encoded `struct settings`. */
export function putRegions(bytes: Buffer, { proven, halfOpen }: FlowRegions): void {
  const put = (at: number, { first, groups }: FlowRegion): void => {
    bytes.writeUInt32LE(first, at + REGION.first);
    bytes.writeUInt32LE(groups, at + REGION.groups);
  };
  for (const [index, name] of (['tcp', 'udp'] as const).entries()) {
    put(AT.proven + index * REGION.size, proven[name]);
    put(AT.halfOpen + index * REGION.size, halfOpen[name]);
  }
}

function encode(
  { nlbs, heartbeat, timeouts, limits }: PairSettings,
  interfaces: DatapathInterface[],
  sizes: TableSizes,
  seed: bigint,
): Buffer {
  const bytes = Buffer.alloc(AT.size);
  bytes.writeUInt32LE(CONSTANTS.LAYOUT_VERSION, AT.layoutVersion);
  bytes.writeUInt32LE(OUTCOMES.length, AT.outcomes);
  bytes.set(quadToBytes(nlbs), AT.nlbs);
  bytes.writeUInt16BE(heartbeat.port, AT.beatPort);
  for (const [path, { own, peer }] of [heartbeat.access, heartbeat.server].entries()) {
    bytes.set(quadToBytes(own), pathAt(path) + PATH.own);
    bytes.set(quadToBytes(peer), pathAt(path) + PATH.peer);
  }
  bytes.writeUInt32LE(interfaces.length, AT.interfaceCount);
  bytes.writeUInt32LE(sizes.maxServers, AT.maxServers);
  bytes.writeUInt32LE(sizes.maxServices, AT.maxServices);
  putRegions(bytes, regionsFor(sizes));
  bytes.writeBigUInt64LE(seed, AT.hashSeed);
  bytes.writeUInt32LE(limits.tcpPerSecond, AT.tcpPerSecond);
  bytes.writeUInt32LE(limits.udpPerSecond, AT.udpPerSecond);
  bytes.writeBigUInt64LE(gapNs(limits.tcpPerSecond), AT.tcpGapNs);
  bytes.writeBigUInt64LE(gapNs(limits.udpPerSecond), AT.udpGapNs);
  for (const name of TIMEOUTS) bytes.writeBigUInt64LE(BigInt(timeouts[name]) * NS_PER_MS, timeoutAt(name));
  for (const [index, { ifindex, mac, roles, vlan }] of accessFirst(interfaces).entries()) {
    const at = AT.interfaces + index * INTERFACE.size;
    bytes.writeUInt32LE(ifindex, at + INTERFACE.ifindex);
    bytes.set(macToOctets(mac), at + INTERFACE.mac);
    bytes.writeUInt8(roles, at + INTERFACE.roles);
    bytes.writeUInt32LE(vlan?.parent ?? 0, at + INTERFACE.parent);
    bytes.writeUInt16LE(vlan?.id ?? 0, at + INTERFACE.vlan);
  }
  return bytes;
}

/** The data path searches them in this order: the interface that receives most packets comes first. */
const accessFirst = (interfaces: DatapathInterface[]): DatapathInterface[] =>
  interfaces.toSorted((one, other) => (other.roles & CONSTANTS.ROLE_ACCESS) - (one.roles & CONSTANTS.ROLE_ACCESS));
