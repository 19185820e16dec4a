import { mapBytes } from '../../kernel/bpf-map.ts';

/**
 * How much memory the tables take, in bytes, by the kernel's account. They have their size from the start.
 * @param tables descriptors
 */
export function tablesMemoryBytes(tables: readonly number[]): number {
  return tables.reduce((sum, fd) => sum + mapBytes(fd), 0);
}
