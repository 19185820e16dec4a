import { closeSync } from 'node:fs';
import { decodeEchoReply, type Echo, encodeEchoRequest } from './icmp-echo.ts';
import { quadToBytes } from './inet.ts';
import { lastErrno, recv, sendto, setsockopt, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** A raw socket that sends ICMP echo requests by one interface. */
export interface PingSocket {
  /** @returns false where it cannot be sent now: no route, no carrier, no neighbour */
  ask(address: string, echo: Echo): boolean;
  /** What came in since the last call; never waits. Throws SyscallError. */
  receive(): (Echo & { source: string })[];
  close(): void;
}

const AF_INET = 2;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const IPPROTO_ICMP = 1;
const SOL_SOCKET = 1;
const SO_BINDTODEVICE = 25;
const SOL_RAW = 255;
const ICMP_FILTER = 1;
/** A bit for each type that is kept from us: all but echo reply, which is type 0. */
const ALL_BUT_REPLIES = Buffer.from([0xfe, 0xff, 0xff, 0xff]);
const EAGAIN = 11;
const EINTR = 4;
const PACKET_BYTES = 128;

/** Needs CAP_NET_RAW. Throws SyscallError. */
export function openPing(device: string): PingSocket {
  const fd = socket(AF_INET, SOCK_RAW_NONBLOCK_CLOEXEC, IPPROTO_ICMP);
  if (fd < 0) throw new SyscallError('open an ICMP socket', device, lastErrno());
  const name = Buffer.from(`${device}\0`);
  const failed =
    setsockopt(fd, SOL_RAW, ICMP_FILTER, ALL_BUT_REPLIES, ALL_BUT_REPLIES.length) < 0 ||
    setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length) < 0;
  if (failed) {
    const failure = new SyscallError('bind an ICMP socket', device, lastErrno());
    closeSync(fd);
    throw failure;
  }
  return {
    ask: (address, echo) => {
      const message = encodeEchoRequest(echo);
      return sendto(fd, message, message.length, 0, socketAddress(address), 16) >= 0;
    },
    receive: () => drain(fd, device),
    close: () => closeSync(fd),
  };
}

/** struct sockaddr_in: family in host order, address in network order. */
function socketAddress(address: string): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.set(quadToBytes(address), 4);
  return bytes;
}

function drain(fd: number, device: string): (Echo & { source: string })[] {
  const replies: (Echo & { source: string })[] = [];
  const packet = Buffer.alloc(PACKET_BYTES);
  for (;;) {
    const length = recv(fd, packet, packet.length, 0);
    if (length < 0 && lastErrno() === EINTR) continue;
    if (length < 0 && lastErrno() === EAGAIN) return replies;
    if (length < 0) throw new SyscallError('receive ICMP', device, lastErrno());
    const reply = decodeEchoReply(packet.subarray(0, length));
    if (reply) replies.push(reply);
  }
}
