import { closeSync } from 'node:fs';
import { bind, lastErrno, send, setsockopt, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * A packet socket on one interface, for whole frames in both directions. It sees what comes in before the packet filter
 * does (hook `ingress` of nftables), and so also what that drops; what the machine itself sends it does not see.
 *
 * Each frame has a header of VNET_HEADER_BYTES octets before it (struct virtio_net_hdr), in which the kernel says what is
 * left to be done: a checksum to be filled in, a segment to be cut up. Whoever sends a frame on with the header that it
 * came with sends what has come, whatever the interfaces offload.
 */
export const VNET_HEADER_BYTES = 10;

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const ETH_P_ALL = 0x0003;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUFFORCE = 32;
const SOL_PACKET = 263;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_IGNORE_OUTGOING = 23;
const MSG_DONTWAIT = 0x40;
/** What comes while the reader is held up waits here: at 1500 octets a frame some thousands. */
const BUFFER_BYTES = 8 * 1024 * 1024;

const OPTIONS = [
  [SOL_SOCKET, SO_RCVBUFFORCE, BUFFER_BYTES],
  [SOL_SOCKET, SO_SNDBUFFORCE, BUFFER_BYTES],
  [SOL_PACKET, PACKET_VNET_HDR, 1],
  [SOL_PACKET, PACKET_AUXDATA, 1],
  [SOL_PACKET, PACKET_IGNORE_OUTGOING, 1],
] as const;

/** A descriptor, which the caller closes. Needs CAP_NET_RAW and CAP_NET_ADMIN. Throws SyscallError. */
export function openPacketPort(ifindex: number): number {
  // Protocol zero until it is bound, so that no frame of another interface slips in before.
  const fd = socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
  if (fd < 0) throw failure('open a packet socket', ifindex);
  const failed =
    OPTIONS.some(
      ([level, name, value]) => setsockopt(fd, level, name, new Uint8Array(Int32Array.of(value).buffer), 4) < 0,
    ) || bind(fd, linkAddress(ifindex), 20) < 0;
  if (!failed) return fd;
  const error = failure('bind a packet socket', ifindex);
  closeSync(fd);
  throw error;
}

/** Send a frame of our own making. Like a cable, it says nothing of what does not get through. */
export function sendFrame(fd: number, frame: Uint8Array): void {
  const message = Buffer.concat([Buffer.alloc(VNET_HEADER_BYTES), frame]);
  send(fd, message, message.length, MSG_DONTWAIT);
}

/** struct sockaddr_ll: family in host order, protocol in network order, interface in host order. */
function linkAddress(ifindex: number): Buffer {
  const address = Buffer.alloc(20);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_ALL, 2);
  address.writeInt32LE(ifindex, 4);
  return address;
}

const failure = (operation: string, ifindex: number): SyscallError =>
  new SyscallError(operation, `interface ${ifindex}`, lastErrno());
