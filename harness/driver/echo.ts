import { closeSync } from 'node:fs';
import koffi from 'koffi';

/** linux/in.h, asm-generic/socket.h; errno values. */
const [AF_INET, SOCK_RAW, IPPROTO_ICMP, IPPROTO_IP] = [2, 3, 1, 0];
const [SOCK_NONBLOCK, SOCK_CLOEXEC] = [0o4000, 0o2000000];
const [IP_MTU_DISCOVER, IP_PMTUDISC_DO] = [10, 2];
const EAGAIN = 11;
const ECHO_REPLY = 0;
const ECHO_REQUEST = 8;
/** Of Ethernet, and of an IPv4 header without options. */
const [MTU, IP_HEADER] = [1500, 20];
/** A datagram that waits for an address to be resolved may be lost; it is sent again after so long. */
const AGAIN_MS = 200;

const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
const setsockopt = libc.func('int setsockopt(int fd, int level, int name, const int *value, uint32_t length)');
const connect = libc.func('int connect(int fd, const void *address, uint32_t length)');
const send = libc.func('intptr_t send(int fd, const void *data, size_t length, int flags)');
const recv = libc.func('intptr_t recv(int fd, _Out_ void *data, size_t length, int flags)');

/** Asks an address for an echo of full size (RFC 792) that may not be fragmented. */
export interface Echo {
  /** Whether the whole of it has come back; asks, and asks again, meanwhile. @throws when the kernel refuses to send it */
  isAnswered(): boolean;
  close(): void;
}

/** From the calling thread's network namespace. @throws when the kernel refuses, with the errno */
export function openEcho(address: string): Echo {
  const fd = succeeded(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_ICMP), 'open a raw socket');
  succeeded(setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, [IP_PMTUDISC_DO], 4), 'forbid fragments');
  const sockaddr = Buffer.from([AF_INET, 0, 0, 0, ...address.split('.').map(Number), 0, 0, 0, 0, 0, 0, 0, 0]);
  succeeded(connect(fd, sockaddr, sockaddr.length), `reach ${address}`);
  const request = echoRequest(fd);
  const packet = Buffer.alloc(MTU + 1);
  let askedAtMs = Number.NEGATIVE_INFINITY;
  const isAnswered = (): boolean => {
    for (let length = recv(fd, packet, packet.length, 0); length >= 0; length = recv(fd, packet, packet.length, 0))
      if (isReply(packet.subarray(0, length), request)) return true;
    if (koffi.errno() !== EAGAIN) throw new Error(`no echo from ${address}: errno ${koffi.errno()}`);
    if (performance.now() - askedAtMs < AGAIN_MS) return false;
    askedAtMs = performance.now();
    succeeded(send(fd, request, request.length, 0), `send ${MTU} bytes to ${address}`);
    return false;
  };
  return { isAnswered, close: () => closeSync(fd) };
}

function succeeded(result: number, what: string): number {
  if (result < 0) throw new Error(`cannot ${what}: errno ${koffi.errno()}`);
  return result;
}

/** Type, code, checksum, identifier, sequence number, data. */
export function echoRequest(identifier: number): Buffer {
  const message = Buffer.alloc(MTU - IP_HEADER);
  message[0] = ECHO_REQUEST;
  message.writeUInt16BE(identifier & 0xffff, 4);
  message.writeUInt16BE(checksum(message), 2);
  return message;
}

/** RFC 1071, of an even number of bytes. */
function checksum(message: Buffer): number {
  let sum = 0;
  for (let at = 0; at < message.length; at += 2) sum += message.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return ~sum & 0xffff;
}

/** Whether a packet, with its IPv4 header, is the whole answer. */
export const isReply = (packet: Buffer, request: Buffer): boolean =>
  packet.length === IP_HEADER + request.length &&
  packet[IP_HEADER] === ECHO_REPLY &&
  packet.readUInt16BE(IP_HEADER + 4) === request.readUInt16BE(4);
