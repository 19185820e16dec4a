import type { Config } from '../config/schema.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { listNeighbours, probeNeighbour } from '../kernel/neighbours.ts';
import { ASK_EVERY_MS, doubtful, type HardwareAddresses, remember } from './neighbours.ts';

/**
 * Where the servers are: what the kernel's neighbour tables say of them, and the questions that the kernel is made to ask where it
 * is not sure. What follows from that is in `neighbours.ts`.
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
}

/** @param inherited what is known before the first look */
export function watchNeighbours(inherited: HardwareAddresses): NeighbourWatch {
  const askedMs = new Map<string, number>();
  let hardware = inherited;
  let unresolved: string[] = [];

  function ask(leg: { ifindex: number; running: boolean }, address: string, nowMs: number): void {
    if (nowMs - (askedMs.get(address) ?? -ASK_EVERY_MS) < ASK_EVERY_MS) return;
    askedMs.set(address, nowMs);
    if (leg.running) probeNeighbour(leg.ifindex, address);
  }

  return {
    look: (config, failing) => {
      const nowMs = performance.now();
      const legs = serversByInterface(config).flatMap(([device, addresses]) => {
        const leg = findInterface(device);
        return leg ? [{ leg, addresses, seen: listNeighbours(leg.ifindex) }] : [];
      });
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
  };
}

function serversByInterface({ server, servers }: Config): [device: string, addresses: ReadonlySet<string>][] {
  return [server.interface, ...server.furtherInterfaces].map((device) => {
    const behind = servers.filter((each) => (each.interface ?? server.interface) === device);
    return [device, new Set(behind.map(({ address }) => address))];
  });
}
