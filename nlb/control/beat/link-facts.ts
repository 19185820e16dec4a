import type { LinkLook } from '../../kernel/link-flags.ts';
import type { Facts } from '../../pair/state.ts';

type Seen = ReturnType<LinkLook['look']>;

export interface LinkFacts extends Pick<Facts, 'downLinks'> {
  unguarded: readonly string[];
  absent: readonly string[];
}

/**
 * What the links tell of a node's fitness. The data path is on an interface when that has the number that the data path was
 * attached to: one that was made anew under the same name has another, whatever has been reported of it before.
 * @param first the interfaces without which a node is of no use
 * @param attached numbers, by device; nothing is known while it is absent
 */
export function linkFacts(
  seen: ReadonlyMap<string, Seen>,
  first: readonly string[],
  attached: Readonly<Record<string, number>> | undefined,
): LinkFacts {
  const devices = [...seen.keys()];
  const isFirst = (device: string): boolean => first.includes(device);
  return {
    downLinks: devices.filter((device) => isFirst(device) && !seen.get(device)?.running),
    unguarded: devices.filter((device) => {
      const link = seen.get(device);
      return attached !== undefined && link !== undefined && link.ifindex !== attached[device];
    }),
    absent: devices.filter((device) => !isFirst(device) && seen.get(device) === undefined),
  };
}
