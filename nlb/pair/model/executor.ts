import type { Standing } from '../beat.ts';
import type { Effect } from '../state.ts';
import type { Witness } from '../witness.ts';
import type { Surroundings } from './surroundings.ts';

/** When the lease is to end, and by when a first one must be taken. */
export interface LeaseRequest {
  endsMs: number;
  firstByMs: number;
}

/** What the role orders to be done to address and lease, in the order in which it says so: `control/beat/executor.ts`. */
export interface Executor {
  /**
   * Gives why the lease was not renewed; what was to be done after that is left.
   * @param said what a beat says, where one is among the effects
   */
  run(effect: Effect, lease: LeaseRequest, said: Standing | undefined): string | undefined;
  /** The data path's lease is this from now on; 0 for none. */
  lease(answerUntilMs: number): void;
  /** The data path is in place: before, there is no lease to give up. */
  opened(): void;
  /** Stands still for a while, as soon as it has run so many more effects: in the midst of a step. */
  stallInside(afterEffects: number, ms: number): void;
}

export interface ExecutorHooks {
  beat(said: Standing): void;
  witness(): Witness;
  stall(ms: number): void;
}

export function openExecutor(at: Surroundings, { beat, witness, stall }: ExecutorHooks): Executor {
  const { host, machine } = at;
  let leaseOpen = false;
  let stallAfterEffects = 0;
  let stallMs = 0;

  function lease(answerUntilMs: number): void {
    at.beforeLeaseChange();
    host.dataPath.answerUntilMs = answerUntilMs;
    host.dataPath.grantedMs = answerUntilMs - host.clockMs();
    host.dataPath.leasedBy = at.life;
    at.afterLeaseChange();
  }

  function renew({ endsMs, firstByMs }: LeaseRequest): string | undefined {
    const lapsed = machine.whyNotRenewable(host.dataPath.answerUntilMs, endsMs, host.clockMs(), firstByMs);
    if (lapsed === undefined) lease(endsMs);
    return lapsed;
  }

  const effects: Record<Exclude<Effect, 'renewLease' | 'beat'>, () => void> = {
    dropLease: () => {
      if (leaseOpen) lease(0);
    },
    addAlias: () => {
      host.dataPath.alias = true;
      at.afterLeaseChange();
    },
    removeAlias: () => {
      host.dataPath.alias = false;
    },
    announce: () => at.announce(),
    fence: () => at.fence(),
    askPeer: () => at.askPeer(),
    askAddress: () => at.askAddress(witness()),
    askStations: () => at.askStations(),
    completeLog: () => at.sync.run('completeLog'),
    keepLog: () => at.sync.run('keepLog'),
  };

  return {
    run: (effect, lease, said) => {
      let lapsed: string | undefined;
      if (effect === 'renewLease') lapsed = renew(lease);
      else if (effect !== 'beat') effects[effect]();
      else if (said) beat(said);
      if (stallAfterEffects > 0 && --stallAfterEffects === 0) stall(stallMs);
      return lapsed;
    },
    lease,
    opened: () => {
      leaseOpen = true;
    },
    stallInside: (afterEffects, ms) => {
      stallAfterEffects = afterEffects;
      stallMs = ms;
    },
  };
}
