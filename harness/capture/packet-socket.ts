import { callKernel, words } from './libc.ts';

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const SOL_PACKET = 263;
const ETH_P_ALL = 0x0003;

/** Options of packet(7). */
export const PACKET_OPTION = { rxRing: 5, statistics: 6, version: 10, bypass: 20, ignoreOutgoing: 23 } as const;

/** A packet socket in the calling thread's network namespace that receives nothing until it is bound. */
export function openPacketSocket(): number {
  return Number(callKernel('socket', 'a packet socket', AF_PACKET, SOCK_RAW_CLOEXEC, 0));
}

/** Set one option of the packet level, given as 32-bit words. */
export function setPacketOption(fd: number, option: number, ...value: number[]): void {
  const bytes = words(...value);
  callKernel('setsockopt', `packet option ${option}`, fd, SOL_PACKET, option, bytes, bytes.length);
}

/** Read one option of the packet level: `count` 32-bit words. */
export function packetOption(fd: number, option: number, count: number): Uint32Array {
  const value = new Uint32Array(count);
  callKernel('getsockopt', `packet option ${option}`, fd, SOL_PACKET, option, value, [value.byteLength]);
  return value;
}

/** `struct sockaddr_ll` of packet(7): the protocol in network order, the rest in the machine's. */
function linkAddress(protocol: number, interfaceIndex: number): Uint8Array {
  const bytes = new Uint8Array(20);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, AF_PACKET, true);
  view.setUint16(2, protocol, false);
  view.setInt32(4, interfaceIndex, true);
  return bytes;
}

/** Start receiving every protocol. @param interfaceIndex 0 is every interface of the namespace. */
export function bindToEverything(fd: number, interfaceIndex: number): void {
  const address = linkAddress(ETH_P_ALL, interfaceIndex);
  callKernel('bind', `a packet socket to interface ${interfaceIndex}`, fd, address, address.length);
}

/** Choose the interface that frames leave by, and receive nothing. */
export function bindToSend(fd: number, interfaceIndex: number): void {
  const address = linkAddress(0, interfaceIndex);
  callKernel('bind', `a packet socket to interface ${interfaceIndex}`, fd, address, address.length);
}
