import { type Attached, attach, attachAlone, type BpfMode, dropGone, isAttached, type Programs } from './attach.ts';
import type { DatapathInterface } from './interfaces.ts';
import type { Pins } from './pins.ts';

/** Where the programs are attached, from the start of the daemon on. */
export interface Attachment {
  mode(): BpfMode;
  /**
   * Attach to the interfaces without our program, and forget those that are gone.
   * @returns why it could not be attached, by device
   */
  follow(interfaces: DatapathInterface[]): ReadonlyMap<string, string>;
}

/** How often an interface that refuses is tried again: each attempt holds the kernel's RTNL lock for milliseconds. */
const RETRY_MS = 1000;

/** @param first how it was attached at the start */
export function openAttachment(
  { pins, programs, wanted }: { pins: Pins; programs: Programs; wanted: 'auto' | BpfMode },
  first: BpfMode,
): Attachment {
  let state: Attached = { mode: first, refused: new Map() };
  let [triedFor, triedMs] = ['', 0];
  const follow = (interfaces: DatapathInterface[]) => {
    dropGone(pins, interfaces);
    const without = interfaces.filter((iface) => !isAttached(pins, iface, state.mode));
    const key = without.map(({ ifindex }) => ifindex).join();
    if (without.length === 0) state = { ...state, refused: new Map() };
    else if (key !== triedFor || performance.now() - triedMs >= RETRY_MS) {
      [triedFor, triedMs] = [key, performance.now()];
      state = attachTo(interfaces);
    }
    return state.refused;
  };
  /** All in one mode, if that works; otherwise in the previous mode, those that take it. */
  const attachTo = (interfaces: DatapathInterface[]): Attached => {
    try {
      return { mode: attach(pins, interfaces, programs, wanted === 'auto' ? wanted : state.mode), refused: new Map() };
    } catch {
      return { mode: state.mode, refused: attachAlone(pins, interfaces, programs, state.mode) };
    }
  };
  return { mode: () => state.mode, follow };
}
