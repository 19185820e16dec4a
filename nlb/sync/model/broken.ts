import { type Active, openActive } from '../active.ts';
import type { Effect } from '../effects.ts';
import type { ServerName } from '../records.ts';
import type { SlotNumber } from '../rule.ts';
import type { Wish } from '../slots.ts';
import { type Alteration, altered, withReceived, withSeen } from './alteration.ts';
import { IDLE_MS } from './data-path.ts';
import { settings, sound } from './machine.ts';
import type { Machine } from './surroundings.ts';

/** Machines that are wrong on purpose: a model that finds none of them out would prove nothing. */

/** Writes what is wished into slots of the data path, and does not hold them. */
const swapping = (isSwapped: (isCommittedGone: boolean) => boolean): Machine =>
  altered((options) => {
    const wished = new Map<SlotNumber, ServerName | undefined>();
    const written = new Map<SlotNumber, Written>();
    const gone = new Set(options.gone);
    const swapped = (effect: Written): Written => {
      const isGone = effect.server !== undefined && gone.has(effect.server);
      const server = wished.get(effect.slot) ?? effect.server;
      return isSwapped(isGone) ? { ...effect, server, isHeld: false } : effect;
    };
    return {
      effects: (effect) => {
        if (effect.type !== 'writeSlot') return [effect];
        written.set(effect.slot, effect);
        return [swapped(effect)];
      },
      calls: (engine) => ({
        wish: (slots, nowMs) => {
          const list = [...slots];
          for (const [slot, server] of list) wished.set(slot, server);
          engine.wish(list, nowMs);
          for (const effect of written.values()) options.emit(swapped(effect));
        },
        serverChanged: (server, isGone, nowMs) => {
          if (isGone) gone.add(server);
          else gone.delete(server);
          engine.serverChanged(server, isGone, nowMs);
        },
      }),
    };
  });

type Written = Extract<Effect, { type: 'writeSlot' }>;

/** Frames go on at once; when the exception is acknowledged they have gone. */
const releasing = altered(() => ({
  effects: (effect) => (effect.type === 'hold' ? [effect, { ...effect, type: 'forward' }] : [effect]),
}));

/**
 * Exceptions go in one step: of connections that are over, the data path forgets them when their DEL is logged; or those that
 * nobody needs, without a barrier.
 */
const deletingAtOnce = (which: 'over' | 'unneeded'): Machine =>
  altered(() => {
    let [isReviewing, isEnding] = [false, false];
    const steps: ((engine: Active, nowMs: number) => void)[] = [];
    const effects: Alteration['effects'] = (effect) => {
      const isUnsettled = effect.type === 'writeException' && effect.exception?.isSettled === false;
      if (isReviewing && isUnsettled) isEnding = true;
      if (!isReviewing || which !== (isEnding ? 'over' : 'unneeded')) return [effect];
      if (isUnsettled) return [{ ...effect, exception: undefined }];
      if (effect.type === 'barrier') steps.push((engine, nowMs) => engine.barrierPassed(effect.id, nowMs));
      else if (effect.type === 'lookAgain')
        steps.push((engine, nowMs) => engine.lookedAgain(effect.review, effect.flows, () => false, nowMs));
      else return [effect];
      return [];
    };
    const calls = (engine: Active): Partial<Active> => ({
      reviewExceptions: (hasEntry, nowMs) => {
        isReviewing = true;
        const isOver = engine.reviewExceptions(hasEntry, nowMs);
        for (let step = steps.shift(); step; step = steps.shift()) step(engine, nowMs);
        [isReviewing, isEnding] = [false, false];
        return isOver;
      },
    });
    return { effects, calls };
  });

/** A slot that was walked, and then withdrawn, is not walked again. */
const walkingOnce = altered(({ rule: { selections } }) => {
  const walked = new Set<SlotNumber>();
  let over: number | undefined;
  return {
    effects: (effect) => {
      if (effect.type !== 'walk') return [effect];
      const isKnown = [...effect.slots].every((slot) => walked.has(slot));
      for (const slot of effect.slots) walked.add(slot);
      if (isKnown) over = effect.change;
      return isKnown ? [] : [effect];
    },
    logged: (record) => {
      if (record.type === 'set') for (const slot of record.slots) walked.delete(selections.slotOf(record.pool, slot));
    },
    calls: (engine) => ({
      barrierPassed: (id, nowMs) => {
        engine.barrierPassed(id, nowMs);
        if (over !== undefined) engine.walked(over, nowMs);
        over = undefined;
      },
    }),
  };
});

/** What is unmarked may be marked again at once: the barrier before that passes as soon as it is asked for. */
const notResting = altered(() => {
  const held = new Set<SlotNumber>();
  let isUnmarked = false;
  let passed: number[] = [];
  const through = (engine: Active, nowMs: number): void => {
    const ids = passed;
    passed = [];
    for (const id of ids) engine.barrierPassed(id, nowMs);
  };
  const after =
    <Args extends [...unknown[], number]>(engine: Active, call: (...args: Args) => void) =>
    (...args: Args): void => {
      call(...args);
      through(engine, args.at(-1) as number);
    };
  return {
    effects: (effect) => {
      if (effect.type === 'writeSlot') {
        if (!effect.isHeld && held.delete(effect.slot)) isUnmarked = true;
        if (effect.isHeld) held.add(effect.slot);
      }
      if (effect.type !== 'barrier' || !isUnmarked) return [effect];
      isUnmarked = false;
      passed.push(effect.id);
      return [];
    },
    calls: (engine) => ({
      wish: after(engine, (slots: Iterable<Wish>, nowMs: number) => engine.wish(slots, nowMs)),
      serverChanged: after(engine, engine.serverChanged),
      barrierPassed: after(engine, engine.barrierPassed),
      firstPacket: after(engine, engine.firstPacket),
      found: after(engine, engine.found),
      walkedSoFar: after(engine, engine.walkedSoFar),
      walked: after(engine, engine.walked),
      receive: after(engine, engine.receive),
      tick: after(engine, engine.tick),
      leave: after(engine, engine.leave),
      stay: after(engine, engine.stay),
    }),
  };
});

/** What an earlier daemon held is not waited for: the barrier of the beginning passes with the first wish. */
const beginningAtOnce = altered(() => {
  let first: number | undefined;
  let isBegun = false;
  return {
    effects: (effect) => {
      if (effect.type !== 'barrier' || isBegun) return [effect];
      [first, isBegun] = [effect.id, true];
      return [];
    },
    calls: (engine) => ({
      wish: (slots, nowMs) => {
        if (first !== undefined) engine.barrierPassed(first, nowMs);
        first = undefined;
        engine.wish(slots, nowMs);
      },
    }),
  };
});

/** The standby counts as in step from its attachment on. */
const inStepAtOnce = altered(() => ({
  calls: (engine) => ({
    status: () => {
      const status = engine.status();
      return { ...status, isInStep: status.isInStep || (status.session !== undefined && status.acknowledged === 0) };
    },
  }),
}));

/** Each row of the table of what each rule prevents, in its order: one rule is left out. */
const rows: Record<string, Machine> = {
  'no holding: a slot is swapped on the active first': swapping(() => true),
  'no holding: a slot is swapped on the standby first': withSeen((seen) => ({ ...seen, isHeld: false })),
  'a held packet goes on before the acknowledgement': releasing,
  'records are applied as they come, in any order': withReceived((datagram, receiver) =>
    datagram.type === 'records' && datagram.first > receiver.applied() + 1
      ? { ...datagram, first: receiver.applied() + 1 }
      : datagram,
  ),
  'half-open connections are not walked': { ...sound, walk: ['connections'] },
  'no barrier': { ...sound, barrierWaitsFor: ['frames'] },
  'new flows are placed by slots, whatever exceptions say': withSeen((seen) => ({ ...seen, exception: undefined })),
  'an exception is deleted in one step': deletingAtOnce('over'),
  'slots of a server that is gone are swapped before the acknowledgement': swapping((isGone) => isGone),
  'no grace after a takeover': { ...sound, settings: { ...settings, graceMs: 0 } },
  'a node that joins keeps its connections': { ...sound, wipesOnJoining: false },
  'in step from the attachment on': inStepAtOnce,
  'records of every session are applied': withReceived((datagram, receiver) => ({
    ...datagram,
    session: receiver.session() ?? datagram.session,
  })),
  'the walk of a withdrawn change counts': walkingOnce,
};

/** Rules that the model asked for besides, and what only the other laws notice. */
const further: Record<string, Machine> = {
  'a barrier does not wait for frames in the ring': { ...sound, barrierWaitsFor: ['programs'] },
  'a silent standby is waited for': {
    ...sound,
    openActive: (options) =>
      openActive({ ...options, settings: { ...options.settings, holdMs: Number.POSITIVE_INFINITY } }),
  },
  'exceptions are never deleted': altered(() => ({ calls: () => ({ reviewExceptions: () => true }) })),
  'a walk that waits for acknowledgements never goes on': altered(() => ({
    effects: (effect) => (effect.type === 'walkOn' ? [] : [effect]),
  })),
  'a walk never ends': altered(() => ({ calls: () => ({ walked: () => undefined }) })),
  'connections are walked before half-open ones': { ...sound, walk: ['connections', 'halfOpen'] },
  'a slot is marked again before what was held has been decided': notResting,
  'wishes count at once after a restart, though frames are in the ring': beginningAtOnce,
  'a node that takes over goes by what it thought of servers before': { ...sound, forgetsGone: false },
  'a server that is back has the number of before': { ...sound, renumbers: false },
  'where the server of an exception is gone its flow goes where the slot says': withSeen((seen, isGone) =>
    seen.exception && isGone(seen.exception.server) ? { ...seen, exception: undefined } : seen,
  ),
  'planned changes at once after a takeover': { ...sound, settings: { ...settings, settleMs: 0 } },
  'grace ends an idle time-out after the takeover, though the old active forwarded on': {
    ...sound,
    settings: { ...settings, graceMs: IDLE_MS },
  },
};

export const broken: Record<string, Machine> = { ...rows, ...further };

/** Found out by their own histories; not by chance in ten thousand others. */
export const rare: Record<string, Machine> = {
  'exceptions are looked up before slots': { ...sound, lookupOrder: ['exception', 'slot'] },
  'an exception that nobody needs is deleted without a barrier': deletingAtOnce('unneeded'),
};
