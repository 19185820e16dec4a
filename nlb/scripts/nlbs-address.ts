import { addAddress, listAddresses, removeAddress } from '../kernel/addresses.ts';
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

/** Take away an alias that an earlier life left behind, wherever it stands. Only what carries our label is ours. */
export function removeLeftAlias({ device, nlbs }: AccessLeg): boolean {
  const left = listAddresses().filter(({ address, label }) => address === nlbs && label === `${device}:nlbs`);
  for (const alias of left) removeAddress(alias);
  return left.length > 0;
}
