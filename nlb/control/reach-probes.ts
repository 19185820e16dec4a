import type { Config, ReachConfig } from '../config/schema.ts';
import { openArp } from '../kernel/arp.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { openPing } from '../kernel/ping.ts';

export type Target = ReachConfig['targets'][number];

/** By which reach targets are asked, and answer. */
export interface ReachProbes {
  /** Asks all targets. `round` tells answers to this question from those to earlier ones. Throws SyscallError. */
  ask(round: number): void;
  /** Targets that have answered since the last call, in this round as far as their protocol tells. Throws SyscallError. */
  answered(round: number): Target[];
  close(): void;
}

/** One type of question on one leg. */
interface Probe {
  /** The interface may be replaced by another of its name, and its hardware address by another. */
  leg: { ifindex: number; mac: string };
  ask(address: string, round: number): void;
  answered(round: number): string[];
  close(): void;
}

export function openReachProbes(config: Config): ReachProbes {
  const { targets } = config.reach;
  const probes = new Map<string, Probe>();
  const nameOf = ({ type, via }: Target): string => `${type} by ${via}`;
  const probeOf = (target: Target): Probe | undefined => {
    const open = probes.get(nameOf(target));
    const leg = findInterface(config[target.via].interface);
    if (open?.leg.ifindex === leg?.ifindex && open?.leg.mac === leg?.mac) return open;
    open?.close();
    probes.delete(nameOf(target));
    if (leg === undefined) return undefined;
    const probe = target.type === 'arp' ? arpProbe(leg, config[target.via].address) : icmpProbe(leg);
    probes.set(nameOf(target), probe);
    return probe;
  };
  return {
    ask: (round) => {
      const failures = targets.flatMap((target) => failuresOf(() => probeOf(target)?.ask(target.address, round)));
      if (failures.length > 0) throw failures[0];
    },
    answered: (round) => {
      const heard = new Map([...probes].map(([name, probe]) => [name, probe.answered(round)]));
      return targets.filter((target) => heard.get(nameOf(target))?.includes(target.address));
    },
    close: () => {
      for (const probe of probes.values()) probe.close();
      probes.clear();
    },
  };
}

/** What cannot be asked by one interface is no reason not to ask by the other. */
function failuresOf(ask: () => void): unknown[] {
  try {
    ask();
    return [];
  } catch (error) {
    return [error];
  }
}

function arpProbe(leg: Probe['leg'], ownAddress: string): Probe {
  const arp = openArp(leg.ifindex);
  return {
    leg,
    ask: (address) => arp.ask(address, ownAddress, leg.mac),
    answered: () => arp.receive().flatMap(({ operation, senderIp }) => (operation === 'reply' ? [senderIp] : [])),
    close: arp.close,
  };
}

/** An answer to somebody else's question, or to one of an earlier round, is none. */
function icmpProbe(leg: Probe['leg'] & { name: string }): Probe {
  const ping = openPing(leg.name);
  const identifier = process.pid & 0xffff;
  const isOurs = (echo: { identifier: number; sequence: number }, round: number) =>
    echo.identifier === identifier && echo.sequence === (round & 0xffff);
  return {
    leg,
    ask: (address, round) => void ping.ask(address, { identifier, sequence: round & 0xffff }),
    answered: (round) => ping.receive().flatMap((echo) => (isOurs(echo, round) ? [echo.source] : [])),
    close: ping.close,
  };
}
