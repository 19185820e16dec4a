import type { Config } from '../config/schema.ts';
import { openLinkLook } from '../kernel/link-flags.ts';
import { forgetNeighbour, listNeighbours, probeNeighbour } from '../kernel/neighbours.ts';
import { ASK_EVERY_MS, doubtful, type HardwareAddresses, remember } from './neighbours.ts';

/**
 * Where the servers are: what the kernel's neighbour tables say of them, and the questions that the kernel is made to ask where it
 * is not sure. What follows from that is in `neighbours.ts`.
 *
 * While a link is down the kernel asks in vain, and keeps what is to be sent: once the link is back it asks when it is the time to,
 * up to a second later, and then sends beats and checks of long ago. So whoever was asked for in vain is forgotten then, with
 * what was kept for it, and asked for at once.
 */
export interface NeighbourWatch {
  /**
   * Looks at each server where it is behind, and nowhere else: another subnet may have the same address. Throws SyscallError.
   * @param failing addresses of servers that fail a check
   */
  look(config: Config, failing: ReadonlySet<string>): void;
  hardware(): HardwareAddresses;
  /** Addresses of servers whose hardware address the last look did not find. */
  unresolved(): string[];
  /** Whether the interface of the servers had a carrier at the last look. */
  isLinked(): boolean;
}

/** Whom this node talks to by an interface. */
interface Neighbourhood {
  device: string;
  addresses: ReadonlySet<string>;
  /** Those of them that are servers; absent where servers are behind other interfaces. */
  servers?: ReadonlySet<string>;
}

type Leg = Neighbourhood & { ifindex: number; running: boolean };

/** @param inherited what is known before the first look */
export function watchNeighbours(inherited: HardwareAddresses): NeighbourWatch {
  const links = openLinkLook();
  const askedMs = new Map<string, number>();
  let hardware = inherited;
  let unresolved: string[] = [];
  /** By number, so that an interface that is made anew is another one. */
  let running = new Map<number, boolean>();
  let linked = true;

  function findAnew(legs: readonly Leg[], serverDevice: string): void {
    for (const { ifindex, addresses } of legs.filter((leg) => leg.running && running.get(leg.ifindex) === false))
      for (const { address, state } of listNeighbours(ifindex)) {
        if (state !== 'INCOMPLETE' || !addresses.has(address)) continue;
        forgetNeighbour(ifindex, address);
        probeNeighbour(ifindex, address);
      }
    running = new Map(legs.map((leg) => [leg.ifindex, leg.running]));
    linked = legs.some((leg) => leg.running && leg.device === serverDevice);
  }

  function ask(leg: { ifindex: number; running: boolean }, address: string, nowMs: number): void {
    if (nowMs - (askedMs.get(address) ?? -ASK_EVERY_MS) < ASK_EVERY_MS) return;
    askedMs.set(address, nowMs);
    if (leg.running) probeNeighbour(leg.ifindex, address);
  }

  return {
    look: (config, failing) => {
      const nowMs = performance.now();
      const present = neighboursByInterface(config).flatMap((each) => {
        const link = links.look(each.device);
        return link ? [{ ...each, ...link }] : [];
      });
      findAnew(present, config.server.interface);
      const legs = present.flatMap(({ servers, ...leg }) =>
        servers ? [{ leg, addresses: servers, seen: listNeighbours(leg.ifindex) }] : [],
      );
      const seen = legs.flatMap(({ addresses, seen }) => seen.filter(({ address }) => addresses.has(address)));
      hardware = remember(hardware, seen, nowMs);
      unresolved = legs.flatMap(({ addresses }) =>
        [...addresses].filter((each) => hardware.get(each)?.seenMs !== nowMs),
      );
      for (const { leg, addresses, seen } of legs)
        for (const address of doubtful([...addresses], seen, failing)) ask(leg, address, nowMs);
    },
    hardware: () => hardware,
    unresolved: () => unresolved,
    isLinked: () => linked,
  };
}

/** Servers, and the peer on both subnets. */
function neighboursByInterface(config: Config): Neighbourhood[] {
  const { access, server, peer } = config;
  const peerOn = new Map([
    [access.interface, peer.access],
    [server.interface, peer.server],
  ]);
  const serversOn = new Map(serversByInterface(config));
  return [...new Set([...peerOn.keys(), ...serversOn.keys()])].map((device) => {
    const [servers, beat] = [serversOn.get(device), peerOn.get(device)];
    const addresses = new Set([...(servers ?? []), ...(beat === undefined ? [] : [beat])]);
    return { device, addresses, ...(servers && { servers }) };
  });
}

function serversByInterface({ server, servers }: Config): [device: string, addresses: ReadonlySet<string>][] {
  return [server.interface, ...server.furtherInterfaces].map((device) => {
    const behind = servers.filter((each) => (each.interface ?? server.interface) === device);
    return [device, new Set(behind.map(({ address }) => address))];
  });
}
