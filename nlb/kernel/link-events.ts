import koffi from 'koffi';
import { lastErrno } from './libc.ts';
import { decodeAttributes, valueText } from './netlink.ts';
import { openRouteEvents, type RouteNews } from './route-events.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * Tells at once that interfaces have come, gone or changed. The kernel's news wake the main thread by a signal, SIGIO, so that
 * nothing has to be asked for again and again.
 */
export interface LinkEvents {
  close(): void;
}

/** Something of that interface, its name, its number, its hardware address, whether it is up, is not as it was; or it is gone. */
export interface LinkEvent {
  ifindex: number;
  name: string;
}

const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFINFO_BYTES = 16;
const IFLA_IFNAME = 3;
const FIOSETOWN = 0x8901;
const FIOASYNC = 0x5452;

const ioctl: (fd: number, request: number, argument: Int32Array) => number = koffi
  .load('libc.so.6')
  .func('int ioctl(int fd, unsigned long request, const void *argument)');

/**
 * Only in the main thread, which alone hears signals.
 * @param happened what happened; undefined where more did than the kernel keeps for a reader. Throws SyscallError.
 */
export function listenToLinks(happened: (events: LinkEvent[] | undefined) => void): LinkEvents {
  const news = openRouteEvents('links');
  const read = (): void => {
    const taken = news.take();
    if (taken.overrun) happened(undefined);
    else if (taken.messages.length > 0) happened(eventsIn(taken));
    // There may be more than is taken at once, and no other signal comes for what waits already.
    if (taken.overrun || taken.messages.length > 0) setImmediate(readOn);
  };
  let closed = false;
  const readOn = (): void => {
    if (!closed) read();
  };
  // Before the kernel may send it: without a listener the signal would end the process.
  process.on('SIGIO', read);
  const close = (): void => {
    closed = true;
    ioctl(news.fd, FIOASYNC, Int32Array.of(0));
    news.close();
    process.off('SIGIO', read);
  };
  const failed =
    ioctl(news.fd, FIOSETOWN, Int32Array.of(process.pid)) < 0 || ioctl(news.fd, FIOASYNC, Int32Array.of(1)) < 0;
  if (!failed) return { close };
  const error = new SyscallError('have news signalled', 'links', lastErrno());
  close();
  throw error;
}

function eventsIn({ messages }: RouteNews): LinkEvent[] {
  return messages.flatMap(({ type, payload }) => {
    if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return [];
    const name = decodeAttributes(payload.subarray(IFINFO_BYTES)).get(IFLA_IFNAME);
    return [{ ifindex: payload.readInt32LE(4), name: name ? valueText(name) : '' }];
  });
}
