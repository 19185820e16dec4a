import { dropEntry, listKeys, putEntry } from '../kernel/bpf-map.ts';
import { bytesToQuad, quadToBytes } from '../kernel/inet.ts';
import type { Change } from './tables.ts';

const ADDRESS_BYTES = 4;
const PRESENT = Uint8Array.of(1);

/** The cluster addresses, in the order of their octets. Throws KernelRefusal. */
export function readClusters(fd: number): string[] {
  return listKeys(fd, ADDRESS_BYTES).sort(Buffer.compare).map(bytesToQuad);
}

/** Add the wanted addresses that are not there. Throws KernelRefusal. */
export function putClusters(fd: number, wanted: string[]): Change[] {
  const present = new Set(readClusters(fd));
  const missing = [...new Set(wanted)].filter((address) => !present.has(address));
  for (const address of missing) putEntry(fd, quadToBytes(address), PRESENT);
  return missing.map((subject) => ({ table: 'clusters', change: 'added', subject }));
}

/** Remove the addresses that are not wanted. Throws KernelRefusal. */
export function dropOtherClusters(fd: number, wanted: string[]): Change[] {
  const gone = readClusters(fd).filter((address) => !wanted.includes(address));
  for (const address of gone) dropEntry(fd, quadToBytes(address));
  return gone.map((subject) => ({ table: 'clusters', change: 'removed', subject }));
}
