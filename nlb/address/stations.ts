import { type ArpSocket, openArp } from '../kernel/arp.ts';
import type { LinkLook } from '../kernel/link-flags.ts';

/** The other stations of both subnets: asked by ARP, to know whether this node hears anybody at all. */
export interface Stations {
  /** Ask some of them; in turn all. What came in before does not count. */
  ask(): void;
  /** Whether anybody else has spoken ARP on one of the subnets since the last call, or since they were asked. */
  heard(): boolean;
}

/** Of one subnet. */
export interface StationLeg {
  device: string;
  ownAddress: string;
  /** The other node, whose kernel may answer though its daemon is silent. */
  peerAddress: string;
  /** Whom else to ask there. */
  addresses: readonly string[];
}

interface OpenLeg extends StationLeg {
  socket?: ArpSocket & { ifindex: number };
  /** How many have been asked so far. */
  asked: number;
}

/** Of each subnet at once: so a thousand servers are no burst of a thousand frames. */
const ASKED_AT_ONCE = 8;

/** @param look by ioctl, so that the kernel's lock on network settings is not waited for */
export function openStations(
  legs: () => readonly StationLeg[],
  look: LinkLook['look'],
  problem: (text: string) => void,
): Stations {
  const open = new Map<string, OpenLeg>();
  const attempt = <T>(what: () => T): T | undefined => {
    try {
      return what();
    } catch (error) {
      problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const ask = (wanted: StationLeg) => {
    const { socket: before, asked = 0 } = open.get(wanted.device) ?? {};
    const link = look(wanted.device);
    const socket = socketOn(link?.ifindex, before);
    open.set(wanted.device, { ...wanted, asked: asked + ASKED_AT_ONCE, ...(socket && { socket }) });
    if (!link?.running || !socket) return;
    socket.receive();
    for (const address of [wanted.peerAddress, ...someOf(wanted.addresses, asked)])
      socket.ask(address, wanted.ownAddress, link.mac);
  };
  return {
    ask: () => {
      for (const leg of legs()) attempt(() => ask(leg));
    },
    heard: () =>
      [...open.values()].filter(({ socket }) => (attempt(() => socket?.receive()) ?? []).length > 0).length > 0,
  };
}

/**
 * Without the servers of which the kernel does not know where they are: it asks for those itself, once a second, and no address
 * is to be asked for more often (RFC 1122 section 2.3.2.1). Where nobody else is left, all are asked.
 */
export function worthAsking(legs: readonly StationLeg[], unresolved: readonly string[]): readonly StationLeg[] {
  const known = legs.map((leg) => ({ ...leg, addresses: leg.addresses.filter((each) => !unresolved.includes(each)) }));
  return known.some(({ addresses }) => addresses.length > 0) ? known : legs;
}

/** The interface may have been replaced by another of its name. */
function socketOn(ifindex: number | undefined, before: OpenLeg['socket']): OpenLeg['socket'] {
  if (before?.ifindex === ifindex) return before;
  before?.close();
  return ifindex === undefined ? undefined : { ...openArp(ifindex), ifindex };
}

function someOf(addresses: readonly string[], from: number): string[] {
  const count = Math.min(addresses.length, ASKED_AT_ONCE);
  return Array.from({ length: count }, (_, i) => addresses[(from + i) % addresses.length] ?? '');
}
