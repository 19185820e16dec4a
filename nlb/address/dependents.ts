import type { InterfaceAddress } from '../kernel/addresses.ts';
import { quadToBytes } from '../kernel/inet.ts';
import { promotesSecondaries } from '../kernel/promotion.ts';

/** The addresses that Linux made secondary to that one: of the same interface, prefix and subnet. */
export function dependentsOf(address: InterfaceAddress, actual: readonly InterfaceAddress[]): InterfaceAddress[] {
  if (address.secondary) return [];
  const subnet = subnetOf(address);
  return actual.filter(
    (each) => each.secondary && each.ifindex === address.ifindex && each !== address && subnetOf(each) === subnet,
  );
}

function subnetOf({ address, prefixLength }: InterfaceAddress): string {
  const number = Buffer.from(quadToBytes(address)).readUInt32BE();
  return `${Math.floor(number / 2 ** (32 - prefixLength))}/${prefixLength}`;
}

/** The interface's name, by the label that every IPv4 address has. */
export const deviceOf = ({ label = '' }: InterfaceAddress): string => label.split(':')[0] ?? '';

/**
 * An address of ours that stands in a wrong place is not worth the node's own address there, nor its routes.
 * @throws an Error that says what taking it off would cost, where it would cost anything
 */
export function assertNothingDependsOn(address: InterfaceAddress, actual: readonly InterfaceAddress[]): void {
  const others = dependentsOf(address, actual).map((each) => `${each.address}/${each.prefixLength}`);
  const device = deviceOf(address);
  if (others.length === 0 || promotesSecondaries(device)) return;
  const stray = `${address.address}/${address.prefixLength} stands on ${device}, where it should not`;
  throw new Error(`${stray}. It is left there, because the kernel would take ${others.join(', ')} away with it`);
}
