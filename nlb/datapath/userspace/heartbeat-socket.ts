import { readFileSync } from 'node:fs';
import { quadToBytes } from '../../kernel/inet.ts';
import type { HeartbeatAddresses } from '../tables/tables.ts';

/** Whether the heartbeat socket of the access path is open: a frozen daemon has it, a killed one has not. */
export function isHeartbeatSocketOpen({ port, access }: HeartbeatAddresses): boolean {
  const [own, peer] = [asInProcNetUdp(access.own, port), asInProcNetUdp(access.peer, port)];
  return readFileSync('/proc/net/udp', 'utf8').includes(`: ${own} ${peer} `);
}

/** As in /proc/net/udp: the address as a number in host order, and the port. */
function asInProcNetUdp(address: string, port: number): string {
  const word = Buffer.from(quadToBytes(address)).readUInt32LE(0);
  const digits = (number: number, count: number) => number.toString(16).toUpperCase().padStart(count, '0');
  return `${digits(word, 8)}:${digits(port, 4)}`;
}
