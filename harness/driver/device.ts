import { closeSync } from 'node:fs';
import koffi from 'koffi';

/** Those that have a command of their own in the ethtool ioctl (linux/ethtool.h). */
const FEATURES = { 'tx-checksum': 0x17, gro: 0x2c } as const;
export type Feature = keyof typeof FEATURES;

const SIOCETHTOOL = 0x8946;
const AF_INET = 2;
const SOCK_DGRAM = 2;
const libc = koffi.load('libc.so.6');
const socket = libc.func('int socket(int domain, int type, int protocol)');
/** struct ifreq with its union as a pointer: 16 bytes of name, 24 of union. */
const Ifreq = koffi.struct('ifreq', { name: koffi.array('char', 16), data: 'void *', rest: koffi.array('uint8', 16) });
const ioctl = libc.func('ioctl', 'int', ['int', 'unsigned long', koffi.inout(koffi.pointer(Ifreq))]);

/**
 * Switches an offload of `device`, in the calling thread's network namespace, on or off.
 *
 * A frame whose checksum the sender left to its hardware must not be redirected by XDP, which would not finish it; and
 * a veth accepts frames redirected into its other end only while it polls, which switching GRO on starts.
 * @throws when the kernel refuses, with the device and the errno.
 */
export function setOffload(device: string, feature: Feature, on: boolean): void {
  const value = Buffer.alloc(8);
  value.writeUInt32LE(FEATURES[feature], 0);
  value.writeUInt32LE(on ? 1 : 0, 4);
  ethtool(device, value, `switch ${feature} ${on ? 'on' : 'off'}`);
}

/**
 * One command of the ethtool ioctl: the answer is written into `request`.
 * @throws when the kernel refuses, with what was to be done, the device and the errno.
 */
export function ethtool(device: string, request: Buffer, what: string): void {
  const fd = socket(AF_INET, SOCK_DGRAM, 0);
  if (fd < 0) throw new Error(`cannot open a socket for ethtool: errno ${koffi.errno()}`);
  try {
    const asked = { name: device, data: request, rest: new Array(16).fill(0) };
    if (ioctl(fd, SIOCETHTOOL, asked) < 0) throw new Error(`cannot ${what} on ${device}: errno ${koffi.errno()}`);
  } finally {
    closeSync(fd);
  }
}

const ifNameToIndex = libc.func('unsigned int if_nametoindex(const char *name)');

/** Index of a device in the calling thread's network namespace. @throws when there is none of that name. */
export function deviceIndex(device: string): number {
  const index = findDevice(device);
  if (index === undefined) throw new Error(`there is no network device ${device} in this namespace`);
  return index;
}

/** The same, or undefined where there is none. */
export const findDevice = (device: string): number | undefined => (ifNameToIndex(device) as number) || undefined;
