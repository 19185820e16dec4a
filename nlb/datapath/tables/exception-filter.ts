import { mapMemory } from '../../kernel/memory-map.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';

/**
 * Which flows may have an exception: a bit for each hash, in memory that the data path reads. A bit stays for as long as any exception has
 * it, so this process counts them.
 */
export interface ExceptionFilter {
  add(hash: number): void;
  /** Once for each that was added. */
  remove(hash: number): void;
  /** To the hashes of the exceptions that there are. */
  reset(hashes: Iterable<readonly number[]>): void;
  close(): void;
}

const { EXCEPTION_BITS } = CONSTANTS;
const { exceptionFilter: AT } = STRUCTS;

/** Throws SyscallError. */
export function openExceptionFilter(fd: number): ExceptionFilter {
  const memory = mapMemory(fd, AT.size);
  const count = new BigUint64Array(memory.buffer, AT.exceptions, 1);
  const words = new Uint32Array(memory.buffer, AT.bits, EXCEPTION_BITS / 32);
  const having = new Uint16Array(EXCEPTION_BITS);
  const bitOf = (hash: number): number => hash & (EXCEPTION_BITS - 1);
  const put = (bit: number, more: 1 | -1): void => {
    const now = (having[bit] ?? 0) + more;
    having[bit] = now;
    const [word, mask] = [bit >>> 5, 1 << (bit & 31)];
    if (now > 0) Atomics.or(words, word, mask);
    else Atomics.and(words, word, ~mask);
    Atomics.add(count, 0, BigInt(more));
  };
  return {
    add: (hash) => put(bitOf(hash), 1),
    remove: (hash) => put(bitOf(hash), -1),
    reset: (hashes) => {
      having.fill(0);
      let total = 0;
      for (const some of hashes)
        for (const hash of some) {
          having[bitOf(hash)] = (having[bitOf(hash)] ?? 0) + 1;
          total++;
        }
      for (let word = 0; word < words.length; word++) Atomics.store(words, word, wordOf(having, word));
      Atomics.store(count, 0, BigInt(total));
    },
    close: () => memory.close(),
  };
}

function wordOf(having: Uint16Array, word: number): number {
  let bits = 0;
  for (let bit = 0; bit < 32; bit++) if ((having[32 * word + bit] ?? 0) > 0) bits |= 1 << bit;
  return bits;
}
