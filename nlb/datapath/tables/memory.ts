import { closeSync } from 'node:fs';
import { createSingle, mapBytes } from '../../kernel/bpf-map.ts';
import { SELECTION_BYTES } from './service-table.ts';

/**
 * How much memory the tables take, in bytes, by the kernel's account. All but the selections have their size from the
 * start, so the kernel is asked once; a selection table comes with each service, and all are alike.
 * @param tables descriptors
 * @returns what that is with so many services
 */
export function weighTables(tables: readonly number[]): (services: number) => number {
  const fixed = tables.reduce((sum, fd) => sum + mapBytes(fd), 0);
  const fd = createSingle('selection', new Uint8Array(SELECTION_BYTES));
  const selection = mapBytes(fd);
  closeSync(fd);
  return (services) => fixed + services * selection;
}
