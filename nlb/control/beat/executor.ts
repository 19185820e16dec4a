import type { AliasKeeper } from '../../address/alias-keeper.ts';
import { type AccessLeg, type NlbsAddress, openNlbsAddress } from '../../address/nlbs-address.ts';
import type { Lease } from '../../datapath/tables/lease.ts';
import { bootNs, suspendedNs } from '../../kernel/clock.ts';
import { type Nonce, noNonce } from '../../pair/beat.ts';
import { whyNotRenewable } from '../../pair/renewal.ts';
import type { Effect } from '../../pair/state.ts';
import { named, nobody, type Witness } from '../../pair/witness.ts';
import { type ArpHeard, hearAll, silence } from './arp-news.ts';
import type { SyncEffect } from './sync-port.ts';

/** The part of the data path's lease that the beat thread needs. */
export type LeasePage = Pick<
  Lease,
  'get' | 'answerUntil' | 'moveForwarding' | 'peerAskedNs' | 'namePeer' | 'expectBoot' | 'liveWithThisThread'
>;

/** Those of the role's effects that are about the address and the lease. */
export type AddressEffect = Exclude<Effect, 'beat' | 'askStations' | SyncEffect>;

/** What the role orders to be done to the address and the lease. A failure is reported and stops nothing else. */
export interface Executor {
  /**
   * Gives why the lease was not renewed, where that was refused: then this node does not lead, whatever its role believes.
   * @param firstByMs when a first lease must have been taken
   */
  run(effect: AddressEffect, leaseEndsMs: number, firstByMs?: number): string | undefined;
  /** What has come by ARP since the last call. */
  hear(): ArpHeard;
  witness(): Witness;
  /** The peer's hardware address on the access subnet, by an authenticated beat. Gives whether it is another than before. */
  nameWitness(mac: string): boolean;
  /** What names the start of the peer that is believed: the data path lets few beats of others through. */
  expectBoot(boot: Nonce): void;
  /** While nothing depends on it: ask the witness, or, until a beat has named it, who it is. */
  askInPeace(whom: 'witness' | 'who it is'): void;
  /** Contradict whoever claims the address, by one announcement. */
  defend(): void;
  /** Whether the peer itself asked for the address since the last call, by the word of the data path. */
  peerAsked(): boolean;
  /**
   * The access interface as it is now: another one of that name, or one with another hardware address, is followed; a leader's
   * address goes there, and is announced. To be called only while the data path is there, too, or this node does not lead.
   */
  legChanged(leg: { ifindex: number; mac: string; running: boolean } | undefined): void;
  /** @param as `new` when nothing that an earlier life left in it counts, `inherited` while it does */
  useLease(page: LeasePage, as: 'new' | 'inherited'): void;
  lease(): LeasePage | undefined;
}

/** A suspension moves the two clocks of the lease apart, which no test can do to the kernel's. */
export interface LeaseClocks {
  bootNs(): bigint;
  suspendedNs(): bigint;
}

/** One lost announcement must not leave a firewall with the old address: RFC 5227 section 2.3 asks for two. */
const REPEATS_MS = [100, 500, 2000];

/**
 * @param keeper is notified where the alias belongs, and sees to it when somebody else meddles with it
 * @param clocks the kernel's, but in tests
 */
export function openExecutor(
  access: AccessLeg,
  forwardGraceMs: number,
  keeper: Pick<AliasKeeper, 'want'>,
  problem: (text: string) => void,
  clocks: LeaseClocks = { bootNs, suspendedNs },
): Executor {
  let page: LeasePage | undefined;
  let address: NlbsAddress | undefined;
  let leads = false;
  let repeats: NodeJS.Timeout[] = [];
  let peerAskedNs = 0n;
  let witness = nobody;
  let peerBoot = noNonce;
  const useWitness = (next: Witness) => {
    if (next.mac !== undefined && next.mac !== witness.mac) page?.namePeer(next.mac);
    witness = next;
  };
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
    if (page && page.get().answerUntilNs > clocks.bootNs()) address?.announce();
  };
  const announce = () => {
    quiet();
    announceWhileHeld();
    repeats = REPEATS_MS.map((delayMs) => setTimeout(() => attempt(announceWhileHeld), delayMs));
  };
  const askWitness = () => {
    if (witness.mac === undefined) address?.askPeer();
    else address?.ask(witness.mac);
  };
  const hear = (): ArpHeard => {
    if (address === undefined) return silence;
    const { ownAddress, peerAddress, nlbs } = access;
    const own = { ownMac: address.mac, ownAddress, peerAddress, nlbs };
    const { heard, ...next } = hearAll(witness, address.receive(), own);
    useWitness(next.witness);
    return heard;
  };
  /** Where a lease of answering ends, forwarding ends so much later, by the clock that it is judged by. */
  const forwardUntil = (answerUntilNs: bigint): bigint => {
    const untilNs = answerUntilNs + toNs(forwardGraceMs) - clocks.suspendedNs();
    return untilNs > 0n ? untilNs : 0n;
  };
  /** Who was suspended after the last renewal would forward for as much longer. */
  const shortenForwarding = (): void => {
    const { answerUntilNs, forwardUntilNs } = page?.get() ?? NO_LEASE;
    if (answerUntilNs !== 0n && forwardUntilNs > forwardUntil(answerUntilNs))
      page?.moveForwarding(forwardUntilNs, forwardUntil(answerUntilNs));
  };
  const renew = (endsMs: number, firstByMs?: number): string | undefined => {
    if (!page) return 'the data path is not there';
    const before = page.get();
    const whyNot = () => whyNotRenewable(toMs(before.answerUntilNs), endsMs, toMs(clocks.bootNs()), firstByMs);
    const early = whyNot();
    if (early !== undefined) return early;
    const forwardUntilNs = forwardUntil(toNs(endsMs));
    if (!page.moveForwarding(before.forwardUntilNs, forwardUntilNs)) return 'another node took over';
    page.answerUntil(toNs(endsMs));
    // A stall may have come between the look and the store, too.
    const late = whyNot();
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
  const effects: Record<Exclude<AddressEffect, 'renewLease'>, () => void> = {
    // Forwarding ends by itself, after the grace that came with the last renewal: what still comes to us is not lost.
    dropLease: () => {
      shortenForwarding();
      page?.answerUntil(0n);
    },
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
    askAddress: () => {
      askWitness();
      address?.probe();
    },
    askPeer: () => address?.askPeer(witness.mac),
  };
  return {
    run: (effect, leaseEndsMs, firstByMs) => {
      if (effect === 'renewLease') return renew(leaseEndsMs, firstByMs);
      attempt(effects[effect]);
      return undefined;
    },
    hear: () => attempt(hear) ?? silence,
    witness: () => witness,
    nameWitness: (mac) => {
      const isOther = mac !== witness.mac;
      if (isOther || !witness.named) useWitness(named(mac));
      return isOther;
    },
    expectBoot: (boot) => {
      if (boot !== peerBoot) page?.expectBoot(boot);
      peerBoot = boot;
    },
    askInPeace: (whom) => attempt(() => (whom === 'witness' ? askWitness() : address?.askPeer())),
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
      attempt(() => lease.liveWithThisThread());
      if (witness.mac !== undefined) page.namePeer(witness.mac);
      page.expectBoot(peerBoot);
      // An earlier life may have left it running; this one has yet to be elected.
      if (as === 'new') effects.dropLease();
    },
    lease: () => page,
  };
}

const NO_LEASE = { answerUntilNs: 0n, forwardUntilNs: 0n };

const toNs = (milliseconds: number): bigint => BigInt(Math.floor(milliseconds * 1e6));
const toMs = (nanoseconds: bigint): number => Number(nanoseconds) / 1e6;
