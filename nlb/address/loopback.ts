import type { InterfaceAddress } from '../kernel/addresses.ts';

/** One thing to do to the loopback's addresses. */
export interface AddressChange {
  change: 'add' | 'remove';
  address: InterfaceAddress;
}

/** What marks a loopback address as put there by us: only such are ever taken away. */
const LOOPBACK_LABEL = 'lo:nlb';

/** Desired − actual: additions before removals. An address that another put there serves as well, and is left alone. */
export function reconcileLoopback(
  desired: readonly string[],
  actual: readonly InterfaceAddress[],
  loopbackIfindex: number,
): AddressChange[] {
  const there = actual.filter(({ ifindex }) => ifindex === loopbackIfindex);
  const missing = desired.filter((wanted) => !there.some(({ address }) => address === wanted));
  const surplus = there.filter(({ address, label }) => label === LOOPBACK_LABEL && !desired.includes(address));
  return [
    ...missing.map((address): AddressChange => ({ change: 'add', address: loopbackAddress(address, loopbackIfindex) })),
    ...surplus.map((address): AddressChange => ({ change: 'remove', address })),
  ];
}

function loopbackAddress(address: string, ifindex: number): InterfaceAddress {
  return { ifindex, address, prefixLength: 32, label: LOOPBACK_LABEL };
}
