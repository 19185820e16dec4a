import koffi from 'koffi';
import { getpagesize, lastErrno, mmap, munmap } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

/** Memory of the kernel that this process reads and writes as its own. */
export interface MemoryMap {
  /** Must not be touched after close(). */
  readonly buffer: ArrayBuffer;
  /** Where it lies in this process. */
  readonly address: bigint;
  close(): void;
}

const PROT_READ = 1;
const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED = 1;
const MAP_PRIVATE_ANONYMOUS = 2 | 0x20;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
/** Of this machine. */
export const PAGE_BYTES = getpagesize();

/** Map the first `bytes` of a descriptor, whole pages of it. The descriptor may be closed afterwards. Throws SyscallError. */
export function mapMemory(fd: number, bytes: number): MemoryMap {
  return mapped(bytes, MAP_SHARED, fd);
}

/** The same from an offset on, whole pages, of what this process may only read: a write to it ends the process. Throws SyscallError. */
export function mapReadable(fd: number, bytes: number, offset: number): MemoryMap {
  return mapped(bytes, MAP_SHARED, fd, { protection: PROT_READ, offset });
}

/** Memory of this process that never moves, so that the kernel can be told where it is. Zeros at first. Throws SyscallError. */
export function privateMemory(bytes: number): MemoryMap {
  return mapped(bytes, MAP_PRIVATE_ANONYMOUS, -1);
}

function mapped(
  bytes: number,
  flags: number,
  fd: number,
  { protection, offset } = { protection: PROT_READ_WRITE, offset: 0 },
): MemoryMap {
  const length = Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES;
  const address = mmap(null, length, protection, flags, fd, offset);
  if (BigInt.asUintN(64, address) === MAP_FAILED) {
    throw new SyscallError('map memory', `descriptor ${fd}`, lastErrno());
  }
  return { buffer: koffi.view(address, bytes), address, close: () => void munmap(address, length) };
}
