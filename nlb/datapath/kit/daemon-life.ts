import { mapMemory } from '../../kernel/memory-map.ts';
import { STRUCTS } from '../program/layout.ts';

/** Support for tests: a daemon that lives or not by the word of the lease page, without the daemon. It lives not, at first. */
export function openDaemonLife(leaseFd: number): { live(lives: boolean): void; close(): void } {
  const memory = mapMemory(leaseFd, STRUCTS.lease.size);
  const word = new Int32Array(memory.buffer, STRUCTS.lease.daemonThread, 1);
  return { live: (lives) => void Atomics.store(word, 0, lives ? process.pid : OWNER_DIED), close: memory.close };
}

/** FUTEX_OWNER_DIED of <linux/futex.h>: what the kernel leaves. */
const OWNER_DIED = 0x4000_0000;
