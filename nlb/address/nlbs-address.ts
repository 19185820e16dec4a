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
  /** Ask where the peer is: whatever it says by ARP tells its hardware address, but its kernel may know ours, and say nothing for long. */
  askPeer(): void;
  /** Ask on the access subnet who holds the address. */
  ask(): void;
  /** Probe for the address (RFC 5227 section 2.1.1): a data path whose lease nobody renews any more ends its forwarding. */
  fence(): void;
  /** Who else spoke as the holder since the last call. */
  claims(): ClaimsSeen;
  close(): void;
}

/** Hardware addresses, one for each frame. A peer whose own is not known yet counts among the strangers. */
export interface ClaimsSeen {
  strangers: string[];
  peer: string[];
}

export interface AccessLeg {
  device: string;
  /** The node's own address on the access subnet. */
  ownAddress: string;
  /** The other node's own address there. */
  peerAddress: string;
  nlbs: string;
}

/** On the interface that has that number and hardware address now. It may be down yet. Throws KernelRefusal. */
export function openNlbsAddress(
  { device, ownAddress, peerAddress, nlbs }: AccessLeg,
  { ifindex, mac: macNow }: { ifindex: number; mac: string },
): NlbsAddress {
  let mac = macNow;
  const alias = { ifindex, address: nlbs, prefixLength: 32, label: `${device}:nlbs` };
  const arp = openArp(ifindex);
  const heed = openHearing(nlbs, peerAddress);
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
    askPeer: () => arp.ask(peerAddress, ownAddress, mac),
    ask: () => arp.ask(nlbs, ownAddress, mac),
    fence: () => arp.ask(nlbs, NO_ADDRESS, mac),
    claims: () => heed(arp.receive(), mac),
    close: () => arp.close(),
  };
}

const NO_ADDRESS = '0.0.0.0';

function openHearing(nlbs: string, peerAddress: string): (packets: ArpPacket[], ownMac: string) => ClaimsSeen {
  let peerMac: string | undefined;
  return (packets, ownMac) => {
    const claims: ClaimsSeen = { strangers: [], peer: [] };
    for (const { senderIp, senderMac } of packets) {
      if (senderIp === peerAddress) peerMac = senderMac;
      if (senderIp !== nlbs || senderMac === ownMac) continue;
      claims[senderMac === peerMac ? 'peer' : 'strangers'].push(senderMac);
    }
    return claims;
  };
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
