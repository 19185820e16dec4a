import { lastErrno, setRobustList, threadId } from './libc.ts';
import { type MemoryMap, privateMemory } from './memory-map.ts';
import { SyscallError } from './syscall-error.ts';

/*
 * A word of shared memory that says whether a thread lives: its number, of which the kernel leaves nothing but a mark when the
 * thread ends, in whatever way. That is what the kernel does for robust futexes (set_robust_list(2);
 * Documentation/locking/robust-futex-ABI.rst), and it is done before the memory of a process is given back, which takes a daemon
 * tens of milliseconds in which its sockets are still open.
 */

/** Where the bits of the word that number a thread are zero, the thread has ended. FUTEX_TID_MASK of <linux/futex.h>. */
export const THREAD_BITS = 0x3fff_ffff;

/** struct robust_list_head: the first entry, the way from each entry to its word, and an entry that is being added; then our entry. */
const HEAD = { first: 0, wordOffset: 1, pending: 2, bytes: 24 };
const ENTRY = HEAD.bytes / 8;
const ENTRY_BYTES = 8;

/** Of this thread; a thread has one list, and this is its only entry. It must stay as long as the thread. */
let list: MemoryMap | undefined;

/**
 * From now on the word is the calling thread's, until another thread takes it. A word that it had before says for ever that this
 * thread lives.
 * @param at of the word in the memory, a multiple of four
 * @throws SyscallError
 */
export function markThisThread(memory: MemoryMap, at: number): void {
  list ??= openList();
  const words = new BigInt64Array(list.buffer);
  words[HEAD.wordOffset] = memory.address + BigInt(at) - (list.address + BigInt(HEAD.bytes));
  Atomics.store(new Int32Array(memory.buffer, at, 1), 0, threadId());
}

/** A list is a ring: the last entry points to the head. Throws SyscallError. */
function openList(): MemoryMap {
  const made = privateMemory(HEAD.bytes + ENTRY_BYTES);
  const words = new BigInt64Array(made.buffer);
  words[HEAD.first] = made.address + BigInt(HEAD.bytes);
  words[HEAD.pending] = 0n;
  words[ENTRY] = made.address;
  if (setRobustList(made.address, HEAD.bytes) < 0)
    throw new SyscallError('set the list of robust futexes', '', lastErrno());
  return made;
}
