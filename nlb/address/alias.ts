import type { InterfaceAddress } from '../kernel/addresses.ts';
import type { AddressChange } from './address-change.ts';

/**
 * Desired − actual of the NLBS address: it stands where it is wanted, by our prefix and our label, and nowhere else in this
 * network namespace, whoever put it there.
 * @param wanted undefined: nowhere
 */
export function reconcileAlias(
  nlbs: string,
  wanted: InterfaceAddress | undefined,
  actual: readonly InterfaceAddress[],
): AddressChange[] {
  const standing = actual.filter(({ address }) => address === nlbs);
  const right = standing.find((each) => isAt(each, wanted) && each.label === wanted?.label);
  const strays = standing.filter((each) => each !== right);
  const remove = (address: InterfaceAddress): AddressChange => ({ change: 'remove', address });
  // The kernel takes two of one place and prefix for the same, so one of another label goes first; all others can wait.
  return [
    ...strays.filter((each) => isAt(each, wanted)).map(remove),
    ...(wanted && !right ? [{ change: 'add' as const, address: wanted }] : []),
    ...strays.filter((each) => !isAt(each, wanted)).map(remove),
  ];
}

function isAt({ ifindex, prefixLength }: InterfaceAddress, wanted: InterfaceAddress | undefined): boolean {
  return ifindex === wanted?.ifindex && prefixLength === wanted.prefixLength;
}
