import type { Core } from './effects.ts';
import type { LogRecord, ServerName } from './records.ts';
import { type Selections, type SlotNumber, setRecords } from './rule.ts';

/**
 * What the active wishes of each slot (N), what is committed (R), and the way from one to the other:
 *
 *                wished             barrier           walked: its SET is logged
 *     (at rest) ────────► marked ───────────► walking ─────────────────────────► setting
 *        ▲  ▲                │                   │                                  │ acknowledged: R := N
 *        │  └────────────────┴───────────────────┘ withdrawn: the walk is void      │
 *        └──────────────────────────────────────────────────────────────────────────┘
 *
 * In all but the first the slot is held. A slot whose server is gone is held as well, and its SET is logged at once. Whoever
 * leaves the marked states is not marked again before a barrier: a frame that was held may still be in the ring.
 */
export interface Slots {
  /** What each slot should be from now on, as soon as that may be. @param isMore the rest comes soon, and all is committed together */
  wish(slots: Iterable<Wish>, isMore: boolean): void;
  wishedAt(slot: SlotNumber): ServerName | undefined;
  isHeld(slot: SlotNumber): boolean;
  /** A server is gone, or is back. */
  serverChanged(server: ServerName): void;
  /** Gives up a change of the slot, until there is room, unless its SET is logged. @returns whether it was given up */
  withdraw(slot: SlotNumber): boolean;
  withdrawAll(): void;
  /** Whether the walk of that change is to explain the flows of this slot. */
  isWalked(change: number, slot: SlotNumber): boolean;
  walked(change: number): void;
  granted(record: Extract<LogRecord, { type: 'set' }>, number: number): void;
  /** A flow of the slot was held by itself and is not any more: the slot is not marked before a barrier, as if it had been. */
  rest(slot: SlotNumber): void;
  /** Time has passed, or something has changed that decides whether wishes count. */
  wake(): void;
  /** Do what has become possible, if anything may have. */
  proceed(): void;
  /** How many slots have a SET that is logged and not acknowledged. */
  setting(): number;
  /** How many are wished elsewhere than they are committed. */
  drifting(): number;
}

/**
 * A slot, its server, and whether the one that has it is to get nothing new: it drains, or fails its checks. Such changes do not count among
 * those that wait in grace.
 */
export type Wish = readonly [slot: SlotNumber, server: ServerName | undefined, isLeft?: boolean];

export interface SlotsOptions {
  core: Core;
  committed: Selections;
  append(record: LogRecord): number;
  /** Whether a slot that is not held may be wished elsewhere now: there is room for its exceptions. */
  mayMove(drifting: number, server: ServerName | undefined): boolean;
}

/** Slots of a record: as many as take some tenths of a millisecond on either side, for first packets wait meanwhile. */
const SET_AT_ONCE = 128;

export function openSlots({ core, committed, append, mayMove }: SlotsOptions): Slots {
  const wanted = new Map<SlotNumber, ServerName | undefined>();
  /** N, where it is not R or may soon not be. */
  const wished = new Map<SlotNumber, ServerName | undefined>();
  /** Of those that are wanted or wished elsewhere, the ones whose server is to get nothing new. */
  const left = new Set<SlotNumber>();
  const setting = new Map<SlotNumber, { server: ServerName | undefined; number: number }>();
  /** Slots that may not be marked again yet, each with the barrier that ends it: the last one, where one overtakes another. */
  const resting = new Map<SlotNumber, symbol>();
  const marked = new Set<SlotNumber>();
  let unmarked: SlotNumber[] = [];
  let change: { id: number; slots: Set<SlotNumber> } | undefined;
  let changes = 0;
  let isMoreToCome = false;
  /** Whether all wishes are to be looked at again: not for each packet and each acknowledgement. */
  let isDue = true;

  /** How many are wished elsewhere and count in grace. */
  let drifting = 0;
  const putWished = (slot: SlotNumber, server: ServerName | undefined): void => {
    if (!wished.has(slot) && !left.has(slot)) drifting++;
    wished.set(slot, server);
  };
  const dropWished = (slot: SlotNumber): void => {
    if (wished.delete(slot) && !left.delete(slot)) drifting--;
  };
  const noteLeft = (slot: SlotNumber, isLeft: boolean): void => {
    if (left.has(slot) === isLeft) return;
    if (wished.has(slot)) drifting += isLeft ? -1 : 1;
    if (isLeft) left.add(slot);
    else left.delete(slot);
  };
  const wishedAt = (slot: SlotNumber) => (wished.has(slot) ? wished.get(slot) : committed.serverAt(slot));
  /** What the last SET says that is logged. */
  const tipOf = (slot: SlotNumber) => {
    const set = setting.get(slot);
    return set ? set.server : committed.serverAt(slot);
  };
  const isHeld = (slot: SlotNumber): boolean =>
    wished.has(slot) || setting.has(slot) || core.isGone(committed.serverAt(slot));

  /** Write the slot's value where it is another one. */
  const show = (slot: SlotNumber, isMoved = false): void => {
    const now = isHeld(slot);
    if (marked.has(slot) === now && !isMoved) return;
    if (now) marked.add(slot);
    else if (marked.delete(slot)) unmarked.push(slot);
    core.emit({ type: 'writeSlot', slot, server: committed.serverAt(slot), isHeld: now });
  };

  const adopt = (slot: SlotNumber, server: ServerName | undefined): void => {
    if (server === committed.serverAt(slot) && !setting.has(slot)) {
      dropWished(slot);
      change?.slots.delete(slot);
    } else putWished(slot, server);
    show(slot);
  };

  const logSets = (slots: readonly SlotNumber[]): void => {
    for (const record of setRecords(slots, committed, wishedAt, SET_AT_ONCE)) {
      const number = append(record);
      for (const slot of record.slots) {
        const set = committed.slotOf(record.pool, slot);
        setting.set(set, { server: record.server, number });
        change?.slots.delete(set);
      }
    }
  };

  /** Slots whose server is gone are not walked: their connections are over. */
  const hasten = (slots: Iterable<SlotNumber>): void => {
    const urgent = [...slots].filter((slot) => {
      const to = wishedAt(slot);
      return core.isGone(tipOf(slot)) && to !== tipOf(slot) && !core.isGone(to);
    });
    if (urgent.length === 0) return;
    for (const slot of urgent) if (!wished.has(slot)) putWished(slot, wishedAt(slot));
    logSets(urgent);
    for (const slot of urgent) show(slot);
  };

  const isFree = (slot: SlotNumber, server: ServerName | undefined): boolean => {
    if (server === committed.serverAt(slot) || core.isGone(tipOf(slot))) return true;
    if (core.isAtRest() || resting.has(slot)) return false;
    return isHeld(slot) || mayMove(left.has(slot) ? 0 : drifting, server);
  };

  function adoptWanted(): void {
    const adopted: SlotNumber[] = [];
    for (const [slot, server] of wanted) {
      if (server !== wishedAt(slot)) {
        if (!isFree(slot, server)) continue;
        adopt(slot, server);
        adopted.push(slot);
      }
      wanted.delete(slot);
    }
    hasten(adopted);
  }

  function startChange(): void {
    if (change || isMoreToCome || core.isAtRest() || core.isInGrace()) return;
    const slots = [...wished.keys()].filter((slot) => !setting.has(slot) && !core.isGone(wishedAt(slot)));
    if (slots.length === 0) return;
    const begun = { id: ++changes, slots: new Set(slots) };
    change = begun;
    core.barrier(() => {
      if (change === begun) core.emit({ type: 'walk', change: begun.id, slots: begun.slots });
    });
  }

  /** What was marked and no longer is may not be marked again before what was held has been decided. */
  function restUnmarked(): void {
    const slots = unmarked.filter((slot) => !marked.has(slot));
    unmarked = [];
    if (slots.length === 0) return;
    const rest = Symbol('rest');
    for (const slot of slots) resting.set(slot, rest);
    core.barrier(() => {
      for (const slot of slots) if (resting.get(slot) === rest) resting.delete(slot);
    });
  }

  const give = (slot: SlotNumber): boolean => {
    if (!wished.has(slot) || setting.has(slot) || core.isGone(committed.serverAt(slot))) return false;
    dropWished(slot);
    change?.slots.delete(slot);
    show(slot);
    isDue = true;
    return true;
  };

  return {
    wish: (slots, isMore) => {
      isMoreToCome = isMore;
      for (const [slot, server, isLeft] of slots) {
        wanted.set(slot, server);
        noteLeft(slot, isLeft === true);
      }
      adoptWanted();
    },
    wishedAt,
    isHeld,
    serverChanged: (server) => {
      const set = [...setting].filter(([, { server: to }]) => to === server).map(([slot]) => slot);
      const slots = new Set([...committed.slotsWith(server), ...set]);
      for (const slot of slots) show(slot);
      adoptWanted();
      hasten(slots);
    },
    withdraw: (slot) => {
      const [to, wasLeft] = [wishedAt(slot), left.has(slot)];
      if (!give(slot)) return false;
      if (wanted.has(slot)) return true;
      wanted.set(slot, to);
      noteLeft(slot, wasLeft);
      return true;
    },
    withdrawAll: () => {
      wanted.clear();
      for (const slot of [...wished.keys()]) give(slot);
      change = undefined;
    },
    isWalked: (id, slot) => change?.id === id && change.slots.has(slot),
    walked: (id) => {
      if (change?.id !== id) return;
      const slots = [...change.slots].filter((slot) => !core.isGone(wishedAt(slot)));
      change = undefined;
      logSets(slots);
    },
    granted: ({ pool, slots, server }, number) => {
      isDue = true;
      for (const each of slots) {
        const slot = committed.slotOf(pool, each);
        committed.put(slot, server);
        if (setting.get(slot)?.number === number) setting.delete(slot);
        if (!setting.has(slot) && wished.get(slot) === server) dropWished(slot);
        show(slot, true);
      }
    },
    rest: (slot) => {
      unmarked.push(slot);
      isDue = true;
    },
    wake: () => {
      isDue = true;
    },
    proceed: () => {
      if (!isDue) return;
      isDue = false;
      restUnmarked();
      adoptWanted();
      startChange();
    },
    setting: () => setting.size,
    drifting: () => wished.size,
  };
}
