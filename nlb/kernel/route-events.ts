import { closeSync } from 'node:fs';
import { bind, lastErrno, recv, socket } from './libc.ts';
import { decodeMessages, type NetlinkMessage } from './netlink.ts';
import { SyscallError } from './syscall-error.ts';

/** A netlink socket on which the kernel tells of changes of network settings. Listening takes no lock: only asking does. */
export interface RouteEvents {
  readonly fd: number;
  /** What was reported since the last call, at most some hundred messages; never waits. Throws SyscallError. */
  take(): RouteNews;
  close(): void;
}

export interface RouteNews {
  messages: NetlinkMessage[];
  /** More happened than the kernel keeps for a reader: whoever must know looks at everything again. */
  overrun: boolean;
}

/** Groups that may be listened to (linux/rtnetlink.h), as bits. */
const GROUPS = { links: 0x1, addresses: 0x10 } as const;

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const NETLINK_ROUTE = 0;
const [EINTR, EAGAIN, ENOBUFS] = [4, 11, 105];
/** More than the kernel says of one link, with all that it knows. */
const DATAGRAM_BYTES = 32_768;
/** A flood of changes must not keep the reader from its other work; the rest waits, and then there is an overrun. */
const READ_AT_ONCE = 256;

/** From now on. Throws SyscallError. */
export function openRouteEvents(what: keyof typeof GROUPS): RouteEvents {
  const fd = openBound(what);
  const datagram = Buffer.alloc(DATAGRAM_BYTES);
  return { fd, take: () => drain(fd, datagram, what), close: () => closeSync(fd) };
}

function openBound(what: keyof typeof GROUPS): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw failure('open a netlink socket', what);
  const address = groupAddress(GROUPS[what]);
  if (bind(fd, address, address.length) === 0) return fd;
  const error = failure('bind a netlink socket', what);
  closeSync(fd);
  throw error;
}

/** struct sockaddr_nl: family, padding, the kernel's choice of a port, the groups as bits; in host order. */
function groupAddress(groups: number): Buffer {
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(groups, 8);
  return address;
}

function drain(fd: number, datagram: Buffer, what: string): RouteNews {
  const news: RouteNews = { messages: [], overrun: false };
  for (let reads = 0; reads < READ_AT_ONCE; reads++) {
    const length = recv(fd, datagram, datagram.length, 0);
    const errno = length < 0 ? lastErrno() : 0;
    if (errno === EAGAIN) return news;
    if (errno === ENOBUFS) news.overrun = true;
    // A copy: the next datagram comes to the same place.
    else if (errno === 0) news.messages.push(...decodeMessages(Buffer.from(datagram.subarray(0, length))));
    else if (errno !== EINTR) throw failure('receive events', what);
  }
  return news;
}

const failure = (operation: string, what: string): SyscallError => new SyscallError(operation, what, lastErrno());
