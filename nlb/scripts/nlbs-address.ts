import { addAddress, type InterfaceAddress, listAddresses, removeAddress } from '../kernel/addresses.ts';
import { type ArpSocket, openArp } from '../kernel/arp.ts';
import { findInterface } from '../kernel/interfaces.ts';

/** The NLBS address on the access interface: an alias, /32, with a label that says whose it is. */
export interface NlbsAddress {
  readonly ifindex: number;
  add(): void;
  remove(): void;
  /** Broadcast that the address is here (claim 3 of the patent, and RFC 5227 section 2.3). */
  announce(): void;
  /** Ask on the access subnet who holds the address. */
  ask(): void;
  /** Hardware addresses of others that spoke as the holder since the last call. */
  otherHolders(): string[];
  close(): void;
}

export interface AccessLeg {
  device: string;
  /** The node's own address on the access subnet. */
  ownAddress: string;
  nlbs: string;
}

/** Undefined while there is no such interface. Throws KernelRefusal. */
export function openNlbsAddress({ device, ownAddress, nlbs }: AccessLeg): NlbsAddress | undefined {
  const leg = findInterface(device);
  if (leg === undefined) return undefined;
  const alias = { ifindex: leg.ifindex, address: nlbs, prefixLength: 32, label: `${device}:nlbs` };
  const arp = openArp(leg.ifindex);
  return {
    ifindex: leg.ifindex,
    add: () => addAddress(alias),
    remove: () => removeAddress(alias),
    announce: () => arp.announce(nlbs, leg.mac),
    ask: () => arp.ask(nlbs, ownAddress, leg.mac),
    otherHolders: () => holders(arp, nlbs).filter((mac) => mac !== leg.mac),
    close: () => arp.close(),
  };
}

function holders(arp: ArpSocket, nlbs: string): string[] {
  return arp.receive().flatMap(({ senderIp, senderMac }) => (senderIp === nlbs ? [senderMac] : []));
}

/** Take away what an earlier life left behind as alias, wherever it stands. Only what carries our label is ours. */
export function removeLeftAlias({ device }: AccessLeg): void {
  for (const alias of leftAliases(device)) removeAddress(alias);
}

/** Whether an earlier life left the alias, and this one only: with another configuration it may have been another address. */
export function isAliasLeft({ device, nlbs }: AccessLeg): boolean {
  const left = leftAliases(device);
  return left.length === 1 && left[0]?.address === nlbs;
}

function leftAliases(device: string): InterfaceAddress[] {
  return listAddresses().filter(({ label }) => label === `${device}:nlbs`);
}
