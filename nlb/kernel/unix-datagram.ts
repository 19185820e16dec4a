import { closeSync } from 'node:fs';
import { bind, lastErrno, recv, recvfrom, sendto, setsockopt, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** Questions and answers between two processes of a machine, a datagram each, by a socket that is a file. */

const AF_UNIX = 1;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const EINTR = 4;
const MSG_DONTWAIT = 0x40;
/** struct sockaddr_un: the family in host order, then the path and its closing zero. */
const ADDRESS_BYTES = 110;
const MOST_BYTES = 131_072;

export interface Answerer {
  readonly fd: number;
  /** Answer every question that waits. */
  answer(reply: (question: string) => string): void;
}

/** Be asked at that path, which must not be there yet. Throws SyscallError. */
export function openAnswerer(path: string): Answerer {
  const fd = open(path);
  const own = addressOf(path);
  if (bind(fd, own, own.length) < 0) throw closed(fd, 'take questions', path);
  return { fd, answer: (reply) => answerAll(fd, reply) };
}

/** Ask at that path. Blocks the thread. Throws SyscallError: ENOENT or ECONNREFUSED where nobody is there, EAGAIN where no answer comes in time. */
export function ask(path: string, question: string, withinMs: number): string {
  const fd = open(path);
  const there = addressOf(path);
  const time = new BigInt64Array([BigInt(Math.floor(withinMs / 1000)), BigInt(withinMs % 1000) * 1000n]);
  const octets = Buffer.from(question);
  const buffer = Buffer.alloc(MOST_BYTES);
  // Bound to the family alone, the socket is given a name by the kernel, to which the answer goes.
  const failed =
    bind(fd, addressOf('').subarray(0, 2), 2) < 0 ||
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(time.buffer), time.byteLength) < 0 ||
    sendto(fd, octets, octets.length, 0, there, there.length) < 0;
  const length = failed ? -1 : received(fd, buffer);
  if (length < 0) throw closed(fd, `ask ${question}`, path);
  closeSync(fd);
  return buffer.toString('utf8', 0, length);
}

/** Where there is a limit to the time, the kernel does not go on by itself after a signal. */
function received(fd: number, buffer: Buffer): number {
  for (;;) {
    const length = recv(fd, buffer, buffer.length, 0);
    if (length >= 0 || lastErrno() !== EINTR) return length;
  }
}

function open(path: string): number {
  const fd = socket(AF_UNIX, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new SyscallError('open a socket', path, lastErrno());
  return fd;
}

function addressOf(path: string): Buffer {
  const octets = Buffer.from(path);
  if (octets.length > ADDRESS_BYTES - 3) throw new RangeError(`Too long for the path of a socket: ${path}`);
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt16LE(AF_UNIX, 0);
  address.set(octets, 2);
  return address;
}

function answerAll(fd: number, reply: (question: string) => string): void {
  const buffer = Buffer.alloc(MOST_BYTES);
  for (;;) {
    const [asker, askerBytes] = [Buffer.alloc(ADDRESS_BYTES), Uint32Array.of(ADDRESS_BYTES)];
    const length = recvfrom(fd, buffer, buffer.length, MSG_DONTWAIT, asker, askerBytes);
    if (length < 0) return;
    const answer = Buffer.from(reply(buffer.toString('utf8', 0, length)));
    sendto(fd, answer, answer.length, MSG_DONTWAIT, asker, askerBytes[0] ?? 0);
  }
}

function closed(fd: number, operation: string, path: string): SyscallError {
  const failure = new SyscallError(operation, path, lastErrno());
  closeSync(fd);
  return failure;
}
