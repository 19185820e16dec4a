import type { AddressChange } from '../address/address-change.ts';
import { openHiding } from '../address/hiding.ts';
import { openLoopback } from '../address/loopback.ts';
import type { Datapath } from '../datapath/datapath.ts';
import { openAddressEvents } from '../kernel/address-events.ts';
import { hideAddress, listHidden, unhideAddress } from '../kernel/hidden-addresses.ts';
import type { Desired } from './desired.ts';

/**
 * What the kernel has of what is wanted: the data path's tables, the cluster addresses on the loopback, and the routes that hide
 * these from the node's own stack. The order is what this file owns: while the loopback holds an address, it must be kept from
 * the stack, which would answer for it.
 */
export interface KernelState {
  /** Makes the kernel have that, and no more. Throws SyscallError; what was done until then stays. */
  realise(wanted: Desired): void;
  /** Whether somebody has meddled with our addresses on the loopback since the last call. Never waits. */
  isDoubtful(): boolean;
  /** Cluster addresses that the kernel will not have on the loopback. */
  refused(): readonly string[];
  /** Takes everything away. Throws SyscallError. */
  withdraw(): void;
}

export interface KernelStateHooks {
  event(name: string, detail: Record<string, unknown>): void;
  /** What somebody else did to an address of ours was undone. */
  corrected(change: AddressChange): void;
  problem(text: string): void;
}

export function openKernelState(
  datapath: Pick<Datapath, 'apply' | 'remove'>,
  { event, corrected, problem }: KernelStateHooks,
): KernelState {
  /** The tables that were written last; empty where a writing has failed. */
  let written = '';
  const keyOf = openTablesKey();
  const hiding = openHiding({ hide: hideAddress, unhide: unhideAddress, list: listHidden }, () => performance.now());
  const loopback = openLoopback(openAddressEvents(), {
    changed: ({ change, address: { address } }) => event('loopback', { change, address }),
    corrected,
    problem,
  });

  function write(tables: Desired['tables']): void {
    const key = keyOf(tables);
    if (key === written) return;
    written = '';
    for (const change of datapath.apply(tables)) event('table', { change });
    written = key;
  }

  return {
    realise: ({ tables, loopback: addresses }) => {
      hiding.hide(addresses);
      loopback.realise('remove', addresses);
      write(tables);
      loopback.realise('add', addresses);
      hiding.unhideOthers(addresses);
    },
    isDoubtful: () => loopback.isDoubtful(),
    refused: () => loopback.refused(),
    withdraw: () => {
      loopback.realise('remove', []);
      hiding.unhideOthers([]);
      datapath.remove();
    },
  };
}

/** Tells tables from others; of slots that are there, which are made once and never changed, by which array they are. */
function openTablesKey(): (tables: Desired['tables']) => string {
  const numbers = new WeakMap<Int32Array, number>();
  let made = 0;
  const numberOf = (slots: Int32Array): number => {
    const number = numbers.get(slots) ?? ++made;
    numbers.set(slots, number);
    return number;
  };
  return ({ services, ...rest }) =>
    JSON.stringify([rest, services.map(({ slots, ...service }) => [service, slots && numberOf(slots)])]);
}
