import { closeSync } from 'node:fs';
import koffi from 'koffi';
import { lastErrno, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCETHTOOL = 0x8946;
/** linux/ethtool.h */
const ETHTOOL_SGRO = 0x2c;
const NAME_BYTES = 16;
/** struct ifreq: 16 bytes of name, then a union, here a pointer. */
const IFREQ_BYTES = 40;
/** struct ethtool_value is shorter; a buffer of this size lies outside the garbage collector's heap and stays in place. */
const VALUE_BYTES = 4096;

const ioctl: (fd: number, request: number, argument: Uint8Array) => number = koffi
  .load('libc.so.6')
  .func('int ioctl(int fd, unsigned long request, void *argument)');

/**
 * Switch GRO on. A veth without an XDP program of its own receives what XDP sends into its other end only where it is on.
 * Throws SyscallError.
 */
export function switchOnGro(device: string): void {
  const fd = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new SyscallError('open a socket', 'ethtool', lastErrno());
  try {
    const value = Buffer.alloc(VALUE_BYTES);
    value.writeUInt32LE(ETHTOOL_SGRO, 0);
    value.writeUInt32LE(1, 4);
    const request = Buffer.alloc(IFREQ_BYTES);
    request.write(device, 0, NAME_BYTES - 1);
    request.writeBigUInt64LE(koffi.address(value), NAME_BYTES);
    if (ioctl(fd, SIOCETHTOOL, request) !== 0) throw new SyscallError('switch GRO on', device, lastErrno());
  } finally {
    closeSync(fd);
  }
}
