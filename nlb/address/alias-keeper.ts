import type { AddressEvents, AddressesSeen } from '../kernel/address-events.ts';
import type { InterfaceAddress, inBackground } from '../kernel/addresses.ts';
import { SyscallError } from '../kernel/syscall-error.ts';
import type { AddressChange } from './address-change.ts';
import { reconcileAlias } from './alias.ts';
import { assertNothingDependsOn } from './dependents.ts';

/**
 * Keeps the NLBS address where it belongs, whoever else takes it away or puts it elsewhere. The kernel's events are a reason to
 * look and no more; what it lists is what counts. Listening costs the caller's thread a system call; looking and changing, which
 * may wait for the kernel's lock on network settings, are done in the background.
 */
export interface AliasKeeper {
  /** Where the alias belongs from now on; undefined: nowhere. Before the first call it is left as it is. */
  want(place: InterfaceAddress | undefined): void;
  /** Read what the kernel has reported, and begin to put right what is wrong. Never waits. */
  look(nowMs: number): void;
  /** The kernel refused to have it as it belongs, and has not been seen to do so since. */
  isRefused(nowMs: number): boolean;
}

export interface KeeperParts {
  nlbs: string;
  events: Pick<AddressEvents, 'take'>;
  kernel: typeof inBackground;
  nowMs(): number;
  /** What somebody else did was undone. */
  corrected(change: AddressChange): void;
  problem(text: string): void;
}

/** Where somebody takes it away again and again, it is put back, and announced, no more often than this. */
const CORRECT_EVERY_MS = 50;
/** Who is refused the address lets go of the lead, and so cannot see whether it would be granted by now. */
const REFUSAL_STANDS_MS = 10_000;

export function keepAlias({ nlbs, events, kernel, nowMs, corrected, problem }: KeeperParts): AliasKeeper {
  let wanted: { place: InterfaceAddress | undefined } | undefined;
  let doubtful = true;
  let busy = false;
  let nextMs = 0;
  let refusedUntilMs = 0;
  let failure = '';

  async function perform({ change, address }: AddressChange, actual: readonly InterfaceAddress[]): Promise<void> {
    if (change === 'remove') assertNothingDependsOn(address, actual);
    const done = change === 'add' ? await kernel.add(address) : await kernel.remove(address);
    if (done === 'added' || done === 'removed') corrected({ change, address });
  }

  async function putRight(goal: NonNullable<typeof wanted>): Promise<void> {
    const actual = await kernel.list();
    for (const change of reconcileAlias(nlbs, goal.place, actual)) {
      if (goal !== wanted) return;
      await perform(change, actual);
    }
    if (goal.place) refusedUntilMs = 0;
    failure = '';
  }

  function failed(error: unknown): void {
    doubtful = true;
    // An interface that is gone is a link that is down, and that is known elsewhere.
    if (error instanceof SyscallError && error.errno === 'ENODEV') return;
    refusedUntilMs = nowMs() + REFUSAL_STANDS_MS;
    const text = error instanceof Error ? error.message : String(error);
    if (text !== failure) problem(text);
    failure = text;
  }

  return {
    want: (place) => {
      wanted = { place };
      doubtful = true;
    },
    look: (atMs) => {
      doubtful = concerns(events.take(), nlbs) || doubtful;
      if (!wanted || !doubtful || busy || atMs < nextMs) return;
      [doubtful, busy, nextMs] = [false, true, atMs + CORRECT_EVERY_MS];
      void putRight(wanted)
        .catch(failed)
        .finally(() => {
          busy = false;
        });
    },
    isRefused: (atMs) => atMs < refusedUntilMs,
  };
}

function concerns({ events, overrun }: AddressesSeen, nlbs: string): boolean {
  return overrun || events.some(({ address }) => address.address === nlbs);
}
