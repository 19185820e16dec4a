import { NOBODY, openShelf as openSlotShelf, type Shelf } from '../balance/shelf.ts';
import type { BadlyServed } from '../pair/extension.ts';
import type { Verdicts } from './health.ts';
import type { HardwareAddresses } from './neighbours.ts';
import type { Member, Pool } from './pools.ts';
import { FAILS, openServerVotes, SERVES, UNPROVED } from './server-votes.ts';

/**
 * What each pool's slots should be, kept up with verdicts and hardware addresses. Only the pools that are concerned are looked
 * at again, and tables are made in pieces, so that checks never wait for long; where many pools have the same servers, a table
 * is made once for all of them.
 */
export interface Selections extends Selected {
  /** Work by these pools from now on. What is known of a pool with the same servers stays. */
  use(pools: readonly Pool[]): void;
  /** A verdict is another one. */
  judged(verdict: string): void;
  /** These servers have hardware addresses now, and no others. */
  located(hardware: HardwareAddresses): void;
  /** Look at what has to be, for so long, or until all or much is done. What is then another one: slots by pool. */
  work(verdicts: Verdicts, forMs: number): Map<string, Int32Array>;
  /** Whether there is more to do. */
  isBusy(): boolean;
}

/** What has come out. */
export interface Selected {
  /** Undefined where they are another thread's. */
  slotsOf(pool: string): Int32Array | undefined;
  /** Addresses of the servers that some service could send something to: they have a hardware address and pass its check. */
  serving(): ReadonlySet<string>;
  /** Addresses of the servers that fail a check. */
  failing(): ReadonlySet<string>;
  /** How many services have too few servers. */
  badlyServed(): BadlyServed;
  /** Whether the server fails every check that it has, and all of those say that its connections move then. */
  movesAway(address: string): boolean;
}

/** Before anything has been looked at. */
export const NOTHING_SELECTED: Selected = {
  slotsOf: () => NOBODY,
  serving: () => new Set(),
  failing: () => new Set(),
  badlyServed: () => ({ dead: 0, scarce: 0 }),
  movesAway: () => false,
};

interface Row {
  pool: Pool;
  shelf: Shelf;
  /** Of each member: what the pool says of it, and whether it is to be chosen from. */
  standing: Uint8Array;
  chosen: Uint8Array;
  /** Members that are to be looked at again. */
  doubted: Set<number>;
  slots: Int32Array | undefined;
}

/** A member of a pool, by its place. */
interface Place {
  row: Row;
  index: number;
}

/** Selections that are handed out at once: to write one takes some 20 µs where a tenth of its slots differ. */
const MOST_AT_ONCE = 64;

/** @param openShelf what is to be placed of a pool, by who is to be chosen from (slot-placing.ts) */
export function openSelections(openShelf: typeof openSlotShelf = openSlotShelf): Selections {
  let rows = new Map<string, Row>();
  let byVerdict = new Map<string, Place>();
  let byAddress = new Map<string, Place[]>();
  let shelves = new Map<string, Shelf>();
  let servers = openServerVotes();
  let located: ReadonlySet<string> = new Set();
  /** Checked ones first: what the others say rests on all checks. */
  let [checked, others] = [new Set<Row>(), new Set<Row>()];
  let making: { shelf: Shelf; chosen: string; work: Generator<void, void> } | undefined;

  const doubt = ({ row, index }: Place): void => {
    row.doubted.add(index);
    (row.pool.check ? checked : others).add(row);
  };

  function use(pools: readonly Pool[]): void {
    const [before, shelvesBefore] = [rows, shelves];
    [shelves, servers, byVerdict, byAddress] = [new Map(), openServerVotes(), new Map(), new Map()];
    [checked, others, making] = [new Set(), new Set(), undefined];
    rows = new Map(pools.map((pool) => [pool.name, rowFor(pool, shelvesBefore, before.get(pool.name))]));
    for (const row of rows.values()) {
      const { check, members } = row.pool;
      for (const [index, { address, verdict }] of members.entries()) {
        const place = { row, index };
        if (check) byVerdict.set(verdict, place);
        const places = byAddress.get(address) ?? [];
        places.push(place);
        byAddress.set(address, places);
        servers.add(address, check);
        doubt(place);
      }
    }
  }

  function rowFor(pool: Pool, shelvesBefore: ReadonlyMap<string, Shelf>, before: Row | undefined): Row {
    const key = JSON.stringify(pool.members.map(({ id, name, weight }) => [id, name, weight]));
    const shelf = shelves.get(key) ?? shelvesBefore.get(key) ?? openShelf(pool.members);
    shelves.set(key, shelf);
    const [standing, chosen] = [new Uint8Array(pool.members.length), new Uint8Array(pool.members.length)];
    return { pool, shelf, standing, chosen, doubted: new Set(), slots: before?.slots };
  }

  /** Bring what the pool says of its members up to date. What all pools say of each server is counted. */
  function look({ pool, standing, chosen, doubted }: Row, verdicts: Verdicts): void {
    for (const index of doubted) {
      const member = pool.members[index];
      if (!member) continue;
      const says = pool.check ? verdictOf(member, verdicts) : servers.passesAll(member.address) ? SERVES : 0;
      const now = located.has(member.address) ? says : says & ~SERVES;
      const before = standing[index] ?? 0;
      standing[index] = now;
      chosen[index] = now & SERVES && !member.draining ? 1 : 0;
      if (now !== before && servers.recount(member.address, before, now)) doubtUnchecked(member.address);
    }
    doubted.clear();
  }

  /** Pools that go by all checks of the server. */
  const doubtUnchecked = (address: string): void => {
    for (const place of byAddress.get(address) ?? []) if (!place.row.pool.check) doubt(place);
  };

  /** The selection of a row, or undefined where the time was over before it was made. */
  function selection({ shelf, chosen }: Row, isOver: () => boolean): Int32Array | undefined {
    const known = shelf.find(chosen);
    if (known) return known;
    const key = chosen.join('');
    if (making?.shelf !== shelf || making.chosen !== key) making = { shelf, chosen: key, work: shelf.make(chosen) };
    while (!making.work.next().done) if (isOver()) return undefined;
    making = undefined;
    return shelf.find(chosen);
  }

  function work(verdicts: Verdicts, forMs: number): Map<string, Int32Array> {
    const changed = new Map<string, Int32Array>();
    const endMs = performance.now() + forMs;
    const isOver = (): boolean => performance.now() >= endMs;
    for (;;) {
      const [row] = checked.size > 0 ? checked : others;
      if (!row) return changed;
      look(row, verdicts);
      const slots = selection(row, isOver);
      if (!slots) return changed;
      checked.delete(row);
      others.delete(row);
      if (slots !== row.slots) changed.set(row.pool.name, slots);
      row.slots = slots;
      if (changed.size === MOST_AT_ONCE || isOver()) return changed;
    }
  }

  function locate(hardware: HardwareAddresses): void {
    const now = new Set([...servers.addresses()].filter((address) => hardware.has(address)));
    for (const [address, places] of byAddress)
      if (now.has(address) !== located.has(address)) for (const place of places) doubt(place);
    located = now;
  }

  return {
    use,
    judged: (verdict) => {
      const place = byVerdict.get(verdict);
      if (place) doubt(place);
    },
    located: locate,
    work,
    isBusy: () => checked.size + others.size > 0,
    slotsOf: (pool) => rows.get(pool)?.slots ?? NOBODY,
    serving: () => servers.serving(),
    failing: () => servers.failing(),
    movesAway: (address) => servers.movesAway(address),
    badlyServed: () => badlyServed(rows.values()),
  };
}

/** A server that is draining, or has no weight, is not missed. */
function badlyServed(rows: Iterable<Pick<Row, 'pool' | 'chosen'>>): BadlyServed {
  const sum = { dead: 0, scarce: 0 };
  for (const { pool, chosen } of rows) {
    const wanted = pool.members.filter(({ weight, draining }) => weight > 0 && !draining).length;
    const there = pool.members.filter(({ weight }, index) => weight > 0 && chosen[index] === 1).length;
    if (there === 0) sum.dead += wanted > 0 ? pool.services.length : 0;
    else if (2 * there <= wanted) sum.scarce += pool.services.length;
  }
  return sum;
}

/** A check that is not made of a server says nothing against it. */
function verdictOf({ verdict }: Member, verdicts: Verdicts): number {
  if (!verdicts.has(verdict)) return SERVES;
  const judged = verdicts.get(verdict);
  return judged === undefined ? UNPROVED : judged.healthy ? SERVES : FAILS | UNPROVED;
}
