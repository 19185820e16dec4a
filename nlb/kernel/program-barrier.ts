import { closeSync } from 'node:fs';
import { createArray, createArrayOfMaps, putMapInBackground } from './bpf-map.ts';

/** Tells when no BPF program runs any more that ran when it was asked. */
export interface ProgramBarrier {
  /** Some 10 to 40 ms, during which the thread goes on. Throws SyscallError. */
  pass(): Promise<void>;
  close(): void;
}

/**
 * Replaces the one entry of a map of maps: the kernel returns from that when every program has ended that could have read the old entry
 * (Linux since 4.20: maybe_wait_bpf_programs() in kernel/bpf/syscall.c; programs that may sleep are not waited for). Throws SyscallError.
 */
export function openProgramBarrier(): ProgramBarrier {
  const entry = createArray('barrier_entry', 4, 1);
  const maps = createArrayOfMaps('barrier', entry, 1);
  return {
    pass: () => putMapInBackground(maps, 0, entry),
    close: () => {
      closeSync(maps);
      closeSync(entry);
    },
  };
}
