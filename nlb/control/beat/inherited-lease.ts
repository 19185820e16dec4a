import type { AliasKeeper } from '../../address/alias-keeper.ts';
import { type AccessLeg, isAliasInherited, removeInheritedAlias } from '../../address/nlbs-address.ts';
import { type Lease, openPinnedLease } from '../../datapath/tables/lease.ts';
import { bootNs } from '../../kernel/clock.ts';
import type { Executor } from './executor.ts';

/**
 * Lease and alias that an earlier life of the daemon left to this one when it ended with --keep. The data path goes on answering by
 * them until the lease has run out, or until this life's role is decided: who leads goes on with both, all others let go of
 * them.
 */
export interface InheritedLease {
  /** Whether that is still undecided. */
  isHeld(): boolean;
  /** For how many milliseconds more the data path may answer by it; 0 where there is none, or where that is decided. */
  leftMs(): number;
  /** This life has entered a state. */
  decide(leads: boolean): void;
  /** Lets go of both, where they are held. */
  end(): void;
  /** To be done with each tick: what has run out is let go of. */
  look(): void;
}

/**
 * To be done before anything else, because an address that was left could be answered for. What no life has left on purpose is
 * taken away.
 */
export function findInherited(pinDirectory: string, access: AccessLeg): Lease | undefined {
  const lease = openPinnedLease(pinDirectory);
  if (isAnswering(lease) && isAliasInherited(access)) return lease;
  removeInheritedAlias(access);
  return undefined;
}

export function holdInherited(
  lease: Lease | undefined,
  access: AccessLeg,
  executor: Pick<Executor, 'run' | 'lease' | 'useLease'>,
  keeper: Pick<AliasKeeper, 'want'>,
): InheritedLease {
  let held = lease !== undefined;
  if (lease) executor.useLease(lease, 'inherited');
  else keeper.want(undefined);

  function end(): void {
    if (!held) return;
    held = false;
    executor.run('dropLease', 0);
    removeInheritedAlias(access);
    keeper.want(undefined);
  }

  return {
    isHeld: () => held,
    leftMs: () => {
      const untilNs = held ? (executor.lease()?.get().answerUntilNs ?? 0n) : 0n;
      return Math.max(0, Math.ceil(Number(untilNs - bootNs()) / 1e6));
    },
    decide: (leads) => {
      if (!leads) end();
      held = false;
    },
    end,
    look: () => {
      if (held && !isAnswering(executor.lease())) end();
    },
  };
}

function isAnswering(lease: Pick<Lease, 'get'> | undefined): boolean {
  return lease !== undefined && lease.get().answerUntilNs > bootNs();
}
