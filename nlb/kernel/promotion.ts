import { readFileSync } from 'node:fs';

/**
 * Whether the next address of a subnet takes the place of its first one when that goes (promote_secondaries). Otherwise Linux
 * takes all others of the subnet away with it, and every route through it.
 */
export function promotesSecondaries(device: string): boolean {
  return ['all', device].some((name) => read(name) === '1');
}

function read(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/net/ipv4/conf/${name}/promote_secondaries`, 'utf8').trim();
  } catch {
    return undefined;
  }
}
