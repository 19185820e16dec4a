import { lastErrno, poll } from './libc.ts';
import { SyscallError } from './syscall-error.ts';

const POLLIN = 1;
/** struct pollfd: descriptor, wanted events, what has happened. */
const BYTES = 8;
const EINTR = 4;

/**
 * Wait until one of the descriptors can be read, or has failed, at most so long; without a time, for ever. Blocks the thread.
 * @returns whether each is so. Throws SyscallError.
 */
export function awaitReadable(descriptors: readonly number[], withinMs = -1): boolean[] {
  const asked = Buffer.alloc(Math.max(1, descriptors.length) * BYTES);
  for (const [index, fd] of descriptors.entries()) {
    asked.writeInt32LE(fd, index * BYTES);
    asked.writeInt16LE(POLLIN, index * BYTES + 4);
  }
  if (poll(asked, descriptors.length, withinMs) < 0 && lastErrno() !== EINTR)
    throw new SyscallError('wait for', `descriptors ${descriptors.join(' ')}`, lastErrno());
  return descriptors.map((_, index) => asked.readInt16LE(index * BYTES + 6) !== 0);
}
