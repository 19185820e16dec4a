import { mkdirSync, statfsSync } from 'node:fs';
import { lastErrno, mount, umount2 } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** The file system in which BPF objects are pinned (BPF_FS_MAGIC, linux/magic.h). */
const BPF_FS = 0xcafe4a11;

/**
 * Make the directory, and mount a BPF file system on it unless it lies in one. True when it was mounted.
 * Throws SyscallError, and what mkdir throws.
 */
export function ensureBpfDirectory(directory: string): boolean {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (statfsSync(directory).type === BPF_FS) return false;
  if (mount('bpf', directory, 'bpf', 0, 'mode=0700') === 0) return true;
  throw new SyscallError('mount a BPF file system', directory, lastErrno());
}

/** Throws SyscallError. */
export function unmount(directory: string): void {
  if (umount2(directory, 0) !== 0) throw new SyscallError('unmount', directory, lastErrno());
}
