import { addAddress, type InterfaceAddress, listAddresses, removeAddress } from '../kernel/addresses.ts';
import { openArp } from '../kernel/arp.ts';
import type { ArpPacket } from '../kernel/arp-packet.ts';

/** The NLBS address on the access interface: an alias, /32, with a label that says whose it is. */
export interface NlbsAddress {
  readonly ifindex: number;
  /** The interface's own hardware address, by which it speaks. */
  readonly mac: string;
  /** The interface has another hardware address now. */
  moveTo(mac: string): void;
  /** As the interface is to hold it. */
  readonly alias: InterfaceAddress;
  add(): void;
  remove(): void;
  /** Broadcast that the address is here (claim 3 of the patent, and RFC 5227 section 2.3). */
  announce(): void;
  /** Ask the station of that hardware address alone whether it holds the address. */
  ask(mac: string): void;
  /**
   * Probe for the address, as who is about to use it does (RFC 5227 section 2.1.1). Our own hardware address as the target's,
   * which RFC 826 leaves open, tells it from the probe that fences.
   */
  probe(): void;
  /** Probe for the address: a data path whose lease nobody renews any more ends its forwarding. */
  fence(): void;
  /** Ask for the peer's own address: the station of that hardware address, or everybody. */
  askPeer(mac?: string): void;
  /** What came by ARP since the last call. */
  receive(): ArpPacket[];
  close(): void;
}

export interface AccessLeg {
  device: string;
  /** The node's own address on the access subnet. */
  ownAddress: string;
  /** The other node's own address there. */
  peerAddress: string;
  nlbs: string;
}

/** On the interface that has that number and hardware address now. It may be down yet. Throws SyscallError. */
export function openNlbsAddress(
  { device, ownAddress, peerAddress, nlbs }: AccessLeg,
  { ifindex, mac: macNow }: { ifindex: number; mac: string },
): NlbsAddress {
  let mac = macNow;
  const alias = { ifindex, address: nlbs, prefixLength: 32, label: `${device}:nlbs` };
  const arp = openArp(ifindex);
  return {
    ifindex,
    alias,
    get mac() {
      return mac;
    },
    moveTo: (next) => {
      mac = next;
    },
    add: () => addAddress(alias),
    remove: () => removeAddress(alias),
    announce: () => arp.announce(nlbs, mac),
    ask: (witness) => arp.ask(nlbs, ownAddress, mac, { to: witness }),
    probe: () => arp.ask(nlbs, NO_ADDRESS, mac, { targetMac: mac }),
    fence: () => arp.ask(nlbs, NO_ADDRESS, mac),
    askPeer: (witness) => arp.ask(peerAddress, ownAddress, mac, witness === undefined ? {} : { to: witness }),
    receive: () => arp.receive(),
    close: () => arp.close(),
  };
}

const NO_ADDRESS = '0.0.0.0';

/** Take away what an earlier life left behind as alias, wherever it stands. Only what carries our label is ours. */
export function removeInheritedAlias({ device }: AccessLeg): void {
  for (const alias of leftAliases(device)) removeAddress(alias);
}

/** Whether an earlier life left the alias, and this one only: with another configuration it may have been another address. */
export function isAliasInherited({ device, nlbs }: AccessLeg): boolean {
  const left = leftAliases(device);
  return left.length === 1 && left[0]?.address === nlbs;
}

function leftAliases(device: string): InterfaceAddress[] {
  return listAddresses().filter(({ label }) => label === `${device}:nlbs`);
}
