import koffi from 'koffi';
import { lastErrno, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/**
 * Looks at links without the kernel's one lock on network settings (RTNL), which a netlink request has to wait for:
 * whoever makes or removes an interface, in any namespace of the machine, can hold it for tens of milliseconds. So the
 * beat thread looks here.
 */
export interface LinkLook {
  /** The device's number, whether it is up with a carrier (IFF_RUNNING), its hardware address; undefined where there is none. */
  look(device: string): { ifindex: number; running: boolean; mac: string } | undefined;
}

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;
const SIOCGIFFLAGS = 0x8913;
const SIOCGIFHWADDR = 0x8927;
const SIOCGIFINDEX = 0x8933;
const ENODEV = 19;
const IFF_RUNNING = 0x40;
/** struct ifreq: 16 bytes of name, then a union. */
const IFREQ_BYTES = 40;
const NAME_BYTES = 16;
/** In struct sockaddr, behind its family. */
const MAC_AT = NAME_BYTES + 2;
const MAC_BYTES = 6;

const ioctl: (fd: number, request: number, argument: Uint8Array) => number = koffi
  .load('libc.so.6')
  .func('int ioctl(int fd, unsigned long request, _Inout_ void *argument)');

/** Throws SyscallError. */
export function openLinkLook(): LinkLook {
  const fd = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  if (fd < 0) throw new SyscallError('open a socket', 'link flags', lastErrno());
  const read = (request: number, device: string): Buffer | undefined => {
    const argument = Buffer.alloc(IFREQ_BYTES);
    argument.write(device, 0, NAME_BYTES - 1);
    if (ioctl(fd, request, argument) === 0) return argument;
    if (lastErrno() === ENODEV) return undefined;
    throw new SyscallError('look at a link', device, lastErrno());
  };
  return {
    look: (device) => {
      const flags = read(SIOCGIFFLAGS, device)?.readUInt16LE(NAME_BYTES);
      const ifindex = read(SIOCGIFINDEX, device)?.readInt32LE(NAME_BYTES);
      const address = read(SIOCGIFHWADDR, device)?.subarray(MAC_AT, MAC_AT + MAC_BYTES);
      if (flags === undefined || ifindex === undefined || address === undefined) return undefined;
      const mac = [...address].map((byte) => byte.toString(16).padStart(2, '0')).join(':');
      return { ifindex, running: (flags & IFF_RUNNING) !== 0, mac };
    },
  };
}
