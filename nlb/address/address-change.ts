import type { InterfaceAddress } from '../kernel/addresses.ts';

/** One thing to do to the addresses of an interface, or that was done. */
export interface AddressChange {
  change: 'add' | 'remove';
  address: InterfaceAddress;
}
