import { callKernel, SyscallError } from '../capture/libc.ts';

/** rtnetlink(7); linux/netlink.h, linux/rtnetlink.h and linux/neighbour.h. */
const [AF_NETLINK, AF_INET] = [16, 2];
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const NETLINK_ROUTE = 0;
const [RTM_NEWNEIGH, RTM_DELNEIGH] = [28, 29];
const [NLM_F_REQUEST, NLM_F_ACK, NLM_F_REPLACE, NLM_F_CREATE] = [0x1, 0x4, 0x100, 0x400];
const [NDA_DST, NDA_LLADDR] = [1, 2];
const NUD_PERMANENT = 0x80;
/** Of nlmsghdr and ndmsg together. */
const HEADER_BYTES = 28;
/** Behind the header of an acknowledgement. */
const ERROR_AT = 16;

/**
 * Makes an entry of the neighbour table in the calling thread's network namespace, and deletes it: whoever listens to changes is told
 * of both. Without `ip`, because starting a program costs a process that is large more than what the program does.
 * @throws SyscallError when the kernel refuses
 */
export function flashNeighbour(ifindex: number, address: Uint8Array, mac: Uint8Array): void {
  const subject = `the neighbour ${address.join('.')}`;
  const fd = callKernel('socket', subject, AF_NETLINK, SOCK_RAW_CLOEXEC, NETLINK_ROUTE);
  try {
    const change = (type: number, flags: number): Uint8Array => message(type, flags, ifindex, [address, mac]);
    const both = [change(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE), change(RTM_DELNEIGH, 0)];
    for (const each of both) {
      callKernel('send', subject, fd, each, each.length, 0);
      acknowledged(fd, subject);
    }
  } finally {
    callKernel('close', subject, fd);
  }
}

function message(type: number, flags: number, ifindex: number, [address, mac]: [Uint8Array, Uint8Array]): Uint8Array {
  const attributes = [attribute(NDA_DST, address), attribute(NDA_LLADDR, mac)];
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(HEADER_BYTES + attributes.reduce((sum, { length }) => sum + length, 0), 0);
  header.writeUInt16LE(type, 4);
  header.writeUInt16LE(NLM_F_REQUEST | NLM_F_ACK | flags, 6);
  header.writeUInt8(AF_INET, 16);
  header.writeInt32LE(ifindex, 20);
  header.writeUInt16LE(NUD_PERMANENT, 24);
  return Buffer.concat([header, ...attributes]);
}

/** Its length, its type, its value, and padding to a multiple of four octets. */
function attribute(type: number, value: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(Math.ceil((4 + value.length) / 4) * 4);
  bytes.writeUInt16LE(4 + value.length, 0);
  bytes.writeUInt16LE(type, 2);
  bytes.set(value, 4);
  return bytes;
}

function acknowledged(fd: number | bigint, subject: string): void {
  const answer = Buffer.alloc(1024);
  callKernel('recv', subject, fd, answer, answer.length, 0);
  const errno = -answer.readInt32LE(ERROR_AT);
  if (errno !== 0) throw new SyscallError('change', `errno ${errno}`, subject);
}
