import { closeSync } from 'node:fs';
import { decodeAddress, type InterfaceAddress, RTM_DELADDR, RTM_NEWADDR } from './addresses.ts';
import { bind, lastErrno, recv, socket } from './libc.ts';
import { decodeMessages } from './netlink.ts';
import { KernelRefusal } from './refusal.ts';

/** What the kernel tells of IPv4 addresses that came and went. Listening takes no lock: only asking does. */
export interface AddressEvents {
  /** What happened since the last call, at most some hundred events; never waits. Throws KernelRefusal. */
  take(): AddressesSeen;
  close(): void;
}

export interface AddressesSeen {
  events: { change: 'added' | 'removed'; address: InterfaceAddress }[];
  /** More happened than the kernel keeps for a reader: whoever must know looks at everything again. */
  overrun: boolean;
}

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const NETLINK_ROUTE = 0;
const RTMGRP_IPV4_IFADDR = 0x10;
const EAGAIN = 11;
const EINTR = 4;
const ENOBUFS = 105;
const DATAGRAM_BYTES = 8192;
/** A flood of changes must not keep the reader from its other work; the rest waits, and then there is an overrun. */
const READ_AT_ONCE = 256;

/** From now on. Throws KernelRefusal. */
export function openAddressEvents(): AddressEvents {
  const fd = openBound();
  const datagram = Buffer.alloc(DATAGRAM_BYTES);
  return { take: () => drain(fd, datagram), close: () => closeSync(fd) };
}

function openBound(): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw refusal('open a netlink socket');
  const address = groupAddress(RTMGRP_IPV4_IFADDR);
  if (bind(fd, address, address.length) === 0) return fd;
  const error = refusal('bind a netlink socket');
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

function drain(fd: number, datagram: Buffer): AddressesSeen {
  const seen: AddressesSeen = { events: [], overrun: false };
  for (let reads = 0; reads < READ_AT_ONCE; reads++) {
    const length = recv(fd, datagram, datagram.length, 0);
    const errno = length < 0 ? lastErrno() : 0;
    if (errno === EAGAIN) return seen;
    if (errno === ENOBUFS) seen.overrun = true;
    else if (errno === 0) seen.events.push(...eventsIn(datagram.subarray(0, length)));
    else if (errno !== EINTR) throw refusal('receive address events');
  }
  return seen;
}

function eventsIn(datagram: Buffer): AddressesSeen['events'] {
  return decodeMessages(datagram).flatMap(({ type, payload }) => {
    if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return [];
    const change = type === RTM_NEWADDR ? 'added' : 'removed';
    return decodeAddress(payload).map((address) => ({ change, address }) as const);
  });
}

const refusal = (operation: string): KernelRefusal => new KernelRefusal(operation, 'address events', lastErrno());
