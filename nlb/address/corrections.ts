import type { AddressChange } from './address-change.ts';
import { deviceOf } from './dependents.ts';

/** What somebody else did to an address of ours, and was undone. */
export interface Correction {
  change: 'put back' | 'taken off';
  /** With its prefix: `10.77.1.100/32`. */
  address: string;
  interface: string;
  /** How often since the start. */
  count: number;
}

/** Counts what was put right, by change, address and interface. */
export interface Corrections {
  note(change: AddressChange): Correction;
  all(): readonly Correction[];
}

export function openCorrections(): Corrections {
  const counted = new Map<string, Correction>();
  return {
    note: ({ change, address }) => {
      const what = {
        change: change === 'add' ? ('put back' as const) : ('taken off' as const),
        address: `${address.address}/${address.prefixLength}`,
        interface: deviceOf(address),
      };
      const key = JSON.stringify(what);
      const correction = { ...what, count: (counted.get(key)?.count ?? 0) + 1 };
      counted.set(key, correction);
      return correction;
    },
    all: () => [...counted.values()],
  };
}
