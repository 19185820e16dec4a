import type { AddressEvents } from '../kernel/address-events.ts';
import { addAddress, type InterfaceAddress, listAddresses, removeAddress } from '../kernel/addresses.ts';
import { findInterface } from '../kernel/interfaces.ts';
import type { AddressChange } from './address-change.ts';
import { assertNothingDependsOn } from './dependents.ts';

/** What marks a loopback address as put there by us: only such are ever taken away from it. */
const LOOPBACK_LABEL = 'lo:nlb';

/**
 * Desired − actual: additions before removals. An address that another put there serves as well, and is left alone; on another
 * interface it has no place (ALIAS-6), whoever put it there.
 */
export function reconcileLoopback(
  desired: readonly string[],
  actual: readonly InterfaceAddress[],
  loopbackIfindex: number,
): AddressChange[] {
  const there = actual.filter(({ ifindex }) => ifindex === loopbackIfindex);
  const elsewhere = actual.filter(({ ifindex }) => ifindex !== loopbackIfindex);
  const missing = desired.filter((wanted) => !there.some(({ address }) => address === wanted));
  const surplus = there.filter(({ address, label }) => label === LOOPBACK_LABEL && !desired.includes(address));
  const strays = elsewhere.filter(({ address }) => desired.includes(address));
  return [
    ...missing.map((address): AddressChange => ({ change: 'add', address: loopbackAddress(address, loopbackIfindex) })),
    ...[...surplus, ...strays].map((address): AddressChange => ({ change: 'remove', address })),
  ];
}

function loopbackAddress(address: string, ifindex: number): InterfaceAddress {
  return { ifindex, address, prefixLength: 32, label: LOOPBACK_LABEL };
}

/** The cluster addresses on the loopback, and the memory of which stood there. */
export interface Loopback {
  /** Do the additions or the removals of the difference. Throws SyscallError, but not for an address that is refused. */
  realise(what: AddressChange['change'], desired: readonly string[]): void;
  /** Whether the kernel has reported since the last call of a change to an address of ours, or of more than it keeps. Never waits. */
  isDoubtful(): boolean;
  /** What the kernel refused to put there when it was last asked to. */
  refused(): readonly string[];
}

export interface LoopbackHooks {
  /** Desired has changed, and the loopback with it. */
  changed(change: AddressChange): void;
  /** What somebody else did was undone. */
  corrected(change: AddressChange): void;
  problem(text: string): void;
}

export function openLoopback(events: Pick<AddressEvents, 'take'>, hooks: LoopbackHooks): Loopback {
  /** What has stood there since it was last desired otherwise. */
  let placed = new Set<string>();
  /** By address: what the kernel, or the state of things, had against it the last time. */
  const refused = { add: new Map<string, string>(), remove: new Map<string, string>() };

  /** Does it, or says why not: once, though it is tried again with every pass. */
  function attempt({ change, address: { address } }: AddressChange, saidBefore: Failures, what: () => void): boolean {
    try {
      what();
      return true;
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (saidBefore.get(address) !== text) hooks.problem(text);
      refused[change].set(address, text);
      return false;
    }
  }

  function add(change: AddressChange, saidBefore: Failures): void {
    if (attempt(change, saidBefore, () => addAddress(change.address)))
      hooks[placed.has(change.address.address) ? 'corrected' : 'changed'](change);
  }

  function removeStray(change: AddressChange, saidBefore: Failures, actual: readonly InterfaceAddress[]): void {
    const remove = () => {
      assertNothingDependsOn(change.address, actual);
      removeAddress(change.address);
    };
    if (attempt(change, saidBefore, remove)) hooks.corrected(change);
  }

  function removeOwn(change: AddressChange): void {
    removeAddress(change.address);
    hooks.changed(change);
  }

  return {
    realise: (what, desired) => {
      const loopback = findInterface('lo')?.ifindex;
      if (loopback === undefined) return;
      const saidBefore = refused[what];
      refused[what] = new Map();
      placed = new Set([...placed].filter((address) => desired.includes(address)));
      const actual = listAddresses();
      for (const change of reconcileLoopback(desired, actual, loopback)) {
        if (change.change !== what) continue;
        if (what === 'add') add(change, saidBefore);
        else if (change.address.ifindex === loopback) removeOwn(change);
        else removeStray(change, saidBefore, actual);
      }
      if (what === 'add') placed = new Set(desired.filter((address) => !refused.add.has(address)));
    },
    isDoubtful: () => {
      const seen = events.take();
      return seen.overrun || seen.events.some(({ address }) => placed.has(address.address));
    },
    refused: () => [...new Set([...refused.add.keys(), ...refused.remove.keys()])],
  };
}

type Failures = ReadonlyMap<string, string>;
