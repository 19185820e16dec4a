import { closeSync } from 'node:fs';
import { lastErrno, sendto, socket } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** A packet socket that sends whole frames by any interface, and receives nothing. */
export interface PacketSender {
  /** An IPv4 frame as it is to leave. False if the kernel refuses it: the interface is down or gone, or its queue is full. */
  send(ifindex: number, frame: Uint8Array): boolean;
  close(): void;
}

const AF_PACKET = 17;
const SOCK_RAW_CLOEXEC = 3 | 0o2000000;
const ETH_P_IP = 0x0800;
const MSG_DONTWAIT = 0x40;
const ADDRESS_BYTES = 20;

/** Needs CAP_NET_RAW. Throws SyscallError. */
export function openPacketSender(): PacketSender {
  // Protocol zero: it receives no frame.
  const fd = socket(AF_PACKET, SOCK_RAW_CLOEXEC, 0);
  if (fd < 0) throw new SyscallError('open a packet socket', 'for sending', lastErrno());
  /** struct sockaddr_ll: family in host order, protocol in network order, interface in host order. */
  const address = Buffer.alloc(ADDRESS_BYTES);
  address.writeUInt16LE(AF_PACKET, 0);
  address.writeUInt16BE(ETH_P_IP, 2);
  return {
    send: (ifindex, frame) => {
      address.writeInt32LE(ifindex, 4);
      return sendto(fd, frame, frame.length, MSG_DONTWAIT, address, ADDRESS_BYTES) === frame.length;
    },
    close: () => closeSync(fd),
  };
}
