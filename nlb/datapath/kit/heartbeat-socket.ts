import { closeSync } from 'node:fs';
import { quadToBytes } from '../../kernel/inet.ts';
import { bind, connect, lastErrno, socket } from '../../kernel/libc.ts';
import { SyscallError } from '../../kernel/syscall-error.ts';
import type { BeatAddresses, HeartbeatAddresses } from '../tables/tables.ts';

/** Support for tests: the heartbeat socket of a daemon, without the daemon. */

const AF_INET = 2;
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000;

/** Closed at first. */
export function openHeartbeatSocket({ port, access }: HeartbeatAddresses): { live(lives: boolean): void } {
  let fd: number | undefined;
  return {
    live: (lives) => {
      if (lives === (fd !== undefined)) return;
      if (fd !== undefined) closeSync(fd);
      fd = lives ? openUdpSocket(access, port) : undefined;
    },
  };
}

/** Throws SyscallError. */
function openUdpSocket({ own, peer }: BeatAddresses, port: number): number {
  const fd = socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
  const [here, there] = [socketAddress(own, port), socketAddress(peer, port)];
  const failed = fd < 0 || bind(fd, here, here.length) < 0 || connect(fd, there, there.length) < 0;
  if (failed) throw new SyscallError('open a socket', `${own} to ${peer}`, lastErrno());
  return fd;
}

/** struct sockaddr_in: the family in host order, the rest in network order. */
function socketAddress(address: string, port: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(quadToBytes(address), 4);
  return bytes;
}
