import { readFileSync } from 'node:fs';
import { quadToBytes } from '../../kernel/inet.ts';
import type { HeartbeatAddresses } from '../tables/tables.ts';

/** Whether the socket of the access path's heartbeats is open: a daemon that was killed has none, one that is frozen has. */
export function isHeartbeatSocketOpen({ port, access }: HeartbeatAddresses): boolean {
  const [own, peer] = [asInProcNetUdp(access.own, port), asInProcNetUdp(access.peer, port)];
  return readFileSync('/proc/net/udp', 'utf8').includes(`: ${own} ${peer} `);
}

/** As the kernel writes it: the address as a number of the machine's order, the port as people do. */
function asInProcNetUdp(address: string, port: number): string {
  const word = Buffer.from(quadToBytes(address)).readUInt32LE(0);
  const digits = (number: number, count: number) => number.toString(16).toUpperCase().padStart(count, '0');
  return `${digits(word, 8)}:${digits(port, 4)}`;
}
