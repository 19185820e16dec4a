import { openOtherInterfaces } from '../address/other-interfaces.ts';
import type { Config } from '../config/schema.ts';

/** Keeps our addresses from the interfaces that are not ours, while the daemon runs. A refusal is said, and stops nothing. */
export interface AddressFilter {
  /** Before the addresses change, what was kept goes on being kept beside what is to come. */
  widen(next: Config): void;
  use(config: Config): void;
  /** No more looks; what is in the kernel stays as it is, for a successor. */
  leave(): void;
  remove(): void;
}

export interface AddressFilterHooks {
  event(name: string, detail: Record<string, unknown>): void;
  problem(text: string): void;
}

const LOOK_EVERY_MS = 1000;

export function openAddressFilter(first: Config, { event, problem }: AddressFilterHooks): AddressFilter {
  const { access, server } = first;
  const configured = [...access.furtherInterfaces, server.interface, ...server.furtherInterfaces];
  const others = openOtherInterfaces([access.interface, ...configured]);
  let config = first;
  let count = 0;
  let failing = '';
  const attempt = (what: () => void): void => {
    try {
      what();
      failing = '';
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text !== failing) problem(text);
      failing = text;
    }
  };
  const use = (next: Config): void => {
    config = next;
    attempt(() => others.keepFrom(addressesOf(next)));
  };
  const look = (): void =>
    attempt(() => {
      if (others.putAgain()) event('filter', { change: 'put back', count: ++count });
    });
  use(first);
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  const leave = (): void => clearInterval(timer);
  return {
    use,
    widen: (next) => attempt(() => others.keepFrom([...addressesOf(config), ...addressesOf(next)])),
    leave,
    remove: () => {
      leave();
      attempt(others.remove);
    },
  };
}

const addressesOf = ({ nlbs, clusterAddresses }: Config): string[] => [nlbs, ...clusterAddresses];
