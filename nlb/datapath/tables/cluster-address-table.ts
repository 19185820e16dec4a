import { dropEntry, getEntry, listKeys, putEntry } from '../../kernel/bpf-map.ts';
import { bytesToQuad, quadToBytes } from '../../kernel/inet.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { type Change, fragmentService, nameOfService, type ServiceEntry, type Tables } from './tables.ts';

const ADDRESS_BYTES = 4;
const AT = STRUCTS.clusterAddress;

/** The cluster addresses, in the order of their octets. Throws SyscallError. */
export function readClusterAddresses(fd: number): string[] {
  return listKeys(fd, ADDRESS_BYTES).sort(Buffer.compare).map(bytesToQuad);
}

/**
 * Write the wanted addresses, each with the services of its fragments, where they are not what is there.
 * `ids`: number of each service in the data path, by name. Throws SyscallError.
 */
export function putClusterAddresses(fd: number, wanted: Tables, ids: ReadonlyMap<string, number>): Change[] {
  return [...new Set(wanted.clusterAddresses)].flatMap((address): Change[] => {
    const [key, value] = [quadToBytes(address), encode(address, wanted.services, ids)];
    const present = getEntry(fd, key, AT.size);
    if (present?.equals(value)) return [];
    putEntry(fd, key, value);
    return [{ table: 'clusterAddresses', change: present ? 'changed' : 'added', subject: address }];
  });
}

function encode(address: string, services: ServiceEntry[], ids: ReadonlyMap<string, number>): Buffer {
  const value = Buffer.alloc(AT.size);
  const idOf = (protocol: ServiceEntry['protocol']): number => {
    const service = fragmentService(services, address, protocol);
    return (service && ids.get(nameOfService(service))) ?? CONSTANTS.NO_SERVICE;
  };
  value.writeUInt32LE(idOf('tcp'), AT.tcpService);
  value.writeUInt32LE(idOf('udp'), AT.udpService);
  return value;
}

/** Remove the addresses that are not wanted. Throws SyscallError. */
export function dropOtherClusterAddresses(fd: number, wanted: string[]): Change[] {
  const gone = readClusterAddresses(fd).filter((address) => !wanted.includes(address));
  for (const address of gone) dropEntry(fd, quadToBytes(address));
  return gone.map((subject) => ({ table: 'clusterAddresses', change: 'removed', subject }));
}
