import type { AliasKeeper } from '../../address/alias-keeper.ts';
import { type AccessLeg, type ClaimsSeen, type NlbsAddress, openNlbsAddress } from '../../address/nlbs-address.ts';
import type { Lease } from '../../datapath/tables/lease.ts';
import { monotonicNs } from '../../kernel/clock.ts';
import { leaseRefusal } from '../../pair/renewal.ts';
import type { Effect } from '../../pair/state.ts';

/** The part of the data path's lease that the beat thread needs. */
export type LeasePage = Pick<Lease, 'get' | 'answerUntil' | 'moveForwarding' | 'peerAskedNs'>;

/** What the role orders to be done to the address and the lease. A failure is reported and stops nothing else. */
export interface Executor {
  /** Gives why the lease was not renewed, where that was refused: then this node does not lead, whatever its role believes. */
  run(effect: Exclude<Effect, 'beat' | 'askStations'>, leaseEndsMs: number): string | undefined;
  claims(): ClaimsSeen;
  /** Contradict whoever claims the address, by one announcement. */
  defend(): void;
  /** Whether the peer itself asked for the address since the last call, by the word of the data path. */
  peerAsked(): boolean;
  /**
   * The access interface as it is now: another one of that name, or one with another hardware address, is followed; a leader's
   * address goes there, and is announced. To be told only while the data path is there, too, or this node does not lead.
   */
  legChanged(leg: { ifindex: number; mac: string; running: boolean } | undefined): void;
  /** @param as `new` when nothing that an earlier life left in it counts, `claim` while that still stands */
  useLease(page: LeasePage, as: 'new' | 'claim'): void;
  lease(): LeasePage | undefined;
}

/** One lost announcement must not leave a firewall with the old address: RFC 5227 section 2.3 asks for two. */
const REPEATS_MS = [100, 500, 2000];

/** @param keeper is told where the alias belongs, and sees to it when somebody else meddles with it */
export function openExecutor(
  access: AccessLeg,
  forwardGraceMs: number,
  keeper: Pick<AliasKeeper, 'want'>,
  problem: (text: string) => void,
): Executor {
  let page: LeasePage | undefined;
  let address: NlbsAddress | undefined;
  let leads = false;
  let repeats: NodeJS.Timeout[] = [];
  let peerAskedNs = 0n;
  /** The peer has been asked for by this interface, under this hardware address. */
  let met = false;
  const attempt = <T>(what: () => T): T | undefined => {
    try {
      return what();
    } catch (error) {
      problem(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const quiet = () => {
    for (const timer of repeats) clearTimeout(timer);
    repeats = [];
  };
  // A thread may stall between any two steps, and wakes to timers first: whose lease is over must not speak for the address.
  const announceWhileHeld = () => {
    if (page && page.get().answerUntilNs > monotonicNs()) address?.announce();
  };
  const announce = () => {
    quiet();
    announceWhileHeld();
    repeats = REPEATS_MS.map((delayMs) => setTimeout(() => attempt(announceWhileHeld), delayMs));
  };
  const renew = (endsMs: number): string | undefined => {
    if (!page) return 'the data path is not there';
    const before = page.get();
    const refusal = () => leaseRefusal(toMs(before.answerUntilNs), endsMs, toMs(monotonicNs()));
    const refused = refusal();
    if (refused !== undefined) return refused;
    const forwardUntilNs = toNs(endsMs + forwardGraceMs);
    if (!page.moveForwarding(before.forwardUntilNs, forwardUntilNs)) return 'another node took over';
    page.answerUntil(toNs(endsMs));
    // A stall may have come between the look and the store, too.
    const late = refusal();
    if (late === undefined) return undefined;
    page.answerUntil(0n);
    page.moveForwarding(forwardUntilNs, before.forwardUntilNs);
    return late;
  };
  const replace = (leg: { ifindex: number; mac: string } | undefined) => {
    met = false;
    address?.close();
    address = leg && attempt(() => openNlbsAddress(access, leg));
    if (leads) keeper.want(address?.alias);
    if (leads) attempt(() => address?.add());
    if (leads) attempt(announce);
  };
  const moveTo = (mac: string) => {
    met = false;
    address?.moveTo(mac);
    if (leads) attempt(announce);
  };
  const effects: Record<Exclude<Effect, 'beat' | 'askStations' | 'renewLease'>, () => void> = {
    // Forwarding ends by itself at the instant of the last renewal: what still comes to us is not lost.
    dropLease: () => page?.answerUntil(0n),
    fence: () => address?.fence(),
    addAlias: () => {
      leads = true;
      keeper.want(address?.alias);
      address?.add();
    },
    removeAlias: () => {
      leads = false;
      quiet();
      keeper.want(undefined);
      address?.remove();
    },
    announce,
    askAddress: () => address?.ask(),
  };
  return {
    run: (effect, leaseEndsMs) => {
      if (effect === 'renewLease') return renew(leaseEndsMs);
      attempt(effects[effect]);
      return undefined;
    },
    claims: () => attempt(() => address?.claims()) ?? { strangers: [], peer: [] },
    defend: () => attempt(announceWhileHeld),
    peerAsked: () => {
      const beforeNs = peerAskedNs;
      peerAskedNs = page?.peerAskedNs() ?? beforeNs;
      return peerAskedNs !== beforeNs;
    },
    legChanged: (leg) => {
      if (leg?.ifindex !== address?.ifindex) replace(leg);
      else if (leg && leg.mac !== address?.mac) moveTo(leg.mac);
      if (leg?.running && !met) met = attempt(() => address?.askPeer() ?? true) === true;
    },
    useLease: (lease, as) => {
      page = lease;
      // An earlier life may have left it running; this one has yet to be elected.
      if (as === 'new') effects.dropLease();
    },
    lease: () => page,
  };
}

const toNs = (milliseconds: number): bigint => BigInt(Math.floor(milliseconds * 1e6));
const toMs = (nanoseconds: bigint): number => Number(nanoseconds) / 1e6;
