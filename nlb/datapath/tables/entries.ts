import { bytesToQuad, quadToBytes } from '../../kernel/inet.ts';
import { STRUCTS } from '../program/layout.ts';
import type { Address } from '../specification/address.ts';
import type { Flow } from '../specification/flow.ts';
import type { Binding, Connection, Fragments, Service } from '../specification/knowledge.ts';
import { clientOf } from '../specification/placement.ts';
import { nameOfService } from './tables.ts';

/** Entries of the flow tables: encoding between the kernel's form and the specification's. */

const { affinity: AFFINITY, affinityKey: CLIENT, fragmentKey: DATAGRAM, fragment: FRAGMENT } = STRUCTS;
const PROTOCOLS = { tcp: 6, udp: 17 } as const;

export interface KnownConnection {
  flow: Flow;
  connection: Connection;
}

/** Names of services, by their numbers in the data path. */
export type ServiceNames = { get(number: number): string | undefined };

export function decodeFragments(value: Buffer, services: ServiceNames): Fragments {
  return {
    ...decodeBinding(value),
    service: services.get(value.readUInt16LE(FRAGMENT.service)) ?? 'unknown',
    awaitsFirst: value.readUInt8(FRAGMENT.awaitsFirst) !== 0,
  };
}

/** All entries begin alike. */
export function decodeBinding(value: Buffer): Binding {
  return {
    seenNs: value.readBigUInt64LE(AFFINITY.seenNs),
    server: value.readUInt32LE(AFFINITY.server),
    serverAddress: bytesToQuad(value.subarray(AFFINITY.serverAddress)) as Address,
  };
}

/** The name of a client's binding (`nameOfClient`). */
export function decodeClient(key: Buffer): string {
  const service = nameOfService({
    protocol: key.readUInt8(CLIENT.protocol) === PROTOCOLS.tcp ? 'tcp' : 'udp',
    address: bytesToQuad(key.subarray(CLIENT.address)),
    port: key.readUInt16BE(CLIENT.port),
  });
  return `${bytesToQuad(key.subarray(CLIENT.client))} at ${service}`;
}

export function encodeClient(service: Service, flow: Pick<Flow, 'source'>): Buffer {
  const key = Buffer.alloc(CLIENT.size);
  key.set(quadToBytes(clientOf(service, flow)), CLIENT.client);
  key.set(quadToBytes(service.address), CLIENT.address);
  key.writeUInt16BE(service.port, CLIENT.port);
  key.writeUInt8(PROTOCOLS[service.protocol], CLIENT.protocol);
  return key;
}

/** The name of a datagram's fragments. */
export function decodeDatagram(key: Buffer): string {
  const [source, destination] = [DATAGRAM.source, DATAGRAM.destination].map((at) => bytesToQuad(key.subarray(at)));
  const id = key.readUInt16BE(DATAGRAM.id);
  return `${key.readUInt8(DATAGRAM.protocol)} ${source} > ${destination} #${id}`;
}
