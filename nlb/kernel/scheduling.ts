import { readFileSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { lastErrno, mlock2, schedSetscheduler } from './libc.ts';

/** Whether the system gave what was asked for, and if not, why not: `EPERM`. */
export type Grant = { granted: true } | { granted: false; why: string };

const SCHED_FIFO = 1;
/** Threads and processes that this thread starts are ordinary again. */
const SCHED_RESET_ON_FORK = 0x40000000;
/** Lock a page when it is first used, not the whole of every library now. */
const MLOCK_ONFAULT = 1;

/** Run the calling thread, and no other, in real time (SCHED_FIFO), priority 1 to 99. Needs CAP_SYS_NICE. */
export function beRealTime(priority: number): Grant {
  return grant(schedSetscheduler(0, SCHED_FIFO | SCHED_RESET_ON_FORK, Int32Array.of(priority)));
}

/**
 * Keep the program's code in memory: every page of an executable or library that it has used, or comes to use, so that a
 * machine short of memory does not make it wait for its disk. Needs CAP_IPC_LOCK or a high enough limit.
 *
 * Not `mlockall`: V8 gives pages of its heap back with MADV_DONTNEED, which a locked page refuses, and V8 then aborts the
 * whole process (seen when a thread ends). What keeps the heap from being swapped out is `MemorySwapMax=0` in the unit.
 */
export function lockMemory(): Grant {
  for (const { start, bytes } of fileMappings(readFileSync('/proc/self/maps', 'utf8'))) {
    if (mlock2(start, bytes, MLOCK_ONFAULT) !== 0) return grant(-1);
  }
  return { granted: true };
}

/** The mappings that are executables and libraries: private, of a file, and readable. */
function fileMappings(maps: string): { start: bigint; bytes: bigint }[] {
  const lines = maps.matchAll(/^([0-9a-f]+)-([0-9a-f]+) r..p \S+ \S+ [1-9]\d* +\//gm);
  return Array.from(lines, ([, from, to]) => {
    const start = BigInt(`0x${from}`);
    return { start, bytes: BigInt(`0x${to}`) - start };
  });
}

function grant(result: number): Grant {
  return result === 0 ? { granted: true } : { granted: false, why: getSystemErrorName(-lastErrno()) };
}
