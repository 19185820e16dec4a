import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { bind, lastErrno, recv, socket } from './libc.ts';
import { decodeAttributes, decodeMessages, valueText } from './netlink.ts';
import { KernelRefusal } from './refusal.ts';

/**
 * Tells at once that interfaces have come, gone or changed. The kernel's news wake the main thread by a signal, SIGIO, so that
 * nothing has to be asked for again and again. Listening takes no lock: only asking does.
 */
export interface LinkEvents {
  close(): void;
}

/** Something of that interface, its name, its number, its hardware address, whether it is up, is not as it was; or it is gone. */
export interface LinkEvent {
  ifindex: number;
  name: string;
}

const AF_NETLINK = 16;
const SOCK_RAW_NONBLOCK_CLOEXEC = 3 | 0o4000 | 0o2000000;
const NETLINK_ROUTE = 0;
const RTMGRP_LINK = 0x1;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFINFO_BYTES = 16;
const IFLA_IFNAME = 3;
const FIOSETOWN = 0x8901;
const FIOASYNC = 0x5452;
const [EAGAIN, EINTR, ENOBUFS] = [11, 4, 105];
/** A message of one link with all that the kernel knows of it. */
const DATAGRAM_BYTES = 32_768;

const ioctl: (fd: number, request: number, argument: Int32Array) => number = koffi
  .load('libc.so.6')
  .func('int ioctl(int fd, unsigned long request, const void *argument)');

/**
 * Only in the main thread, which alone hears signals.
 * @param happened what happened; undefined where more did than the kernel keeps for a reader. Throws KernelRefusal.
 */
export function listenToLinks(happened: (events: LinkEvent[] | undefined) => void): LinkEvents {
  const fd = openBound();
  const datagram = Buffer.alloc(DATAGRAM_BYTES);
  const read = (): void => {
    const events = drain(fd, datagram);
    if (events === undefined || events.length > 0) happened(events);
  };
  // Before the kernel may send it: without a listener the signal would end the process.
  process.on('SIGIO', read);
  const close = (): void => {
    ioctl(fd, FIOASYNC, Int32Array.of(0));
    closeSync(fd);
    process.off('SIGIO', read);
  };
  const failed = ioctl(fd, FIOSETOWN, Int32Array.of(process.pid)) < 0 || ioctl(fd, FIOASYNC, Int32Array.of(1)) < 0;
  if (!failed) return { close };
  const error = refusal('have the news of links signalled');
  close();
  throw error;
}

function openBound(): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_NONBLOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) throw refusal('open a netlink socket');
  // struct sockaddr_nl: family, padding, the kernel's choice of a port, the groups as bits; in host order.
  const address = Buffer.alloc(12);
  address.writeUInt16LE(AF_NETLINK, 0);
  address.writeUInt32LE(RTMGRP_LINK, 8);
  if (bind(fd, address, address.length) === 0) return fd;
  const error = refusal('bind a netlink socket');
  closeSync(fd);
  throw error;
}

/** What waits; one signal may stand for many messages. Undefined where some of them were lost. */
function drain(fd: number, datagram: Buffer): LinkEvent[] | undefined {
  const events: LinkEvent[] = [];
  let lost = false;
  for (;;) {
    const length = recv(fd, datagram, datagram.length, 0);
    const errno = length < 0 ? lastErrno() : 0;
    if (errno === EAGAIN) return lost ? undefined : events;
    if (errno === ENOBUFS) lost = true;
    else if (errno === 0) events.push(...eventsIn(datagram.subarray(0, length)));
    else if (errno !== EINTR) throw refusal('receive link events');
  }
}

function eventsIn(datagram: Buffer): LinkEvent[] {
  return decodeMessages(datagram).flatMap(({ type, payload }) => {
    if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return [];
    const name = decodeAttributes(payload.subarray(IFINFO_BYTES)).get(IFLA_IFNAME);
    return [{ ifindex: payload.readInt32LE(4), name: name ? valueText(name) : '' }];
  });
}

const refusal = (operation: string): KernelRefusal => new KernelRefusal(operation, 'link events', lastErrno());
