import { mapBytes } from '../../kernel/bpf-map.ts';

/**
 * Memory of the tables, in bytes, by the kernel's account. It is allocated from the start.
 * @param tables descriptors
 */
export function tablesMemoryBytes(tables: readonly number[]): number {
  return tables.reduce((sum, fd) => sum + mapBytes(fd), 0);
}
