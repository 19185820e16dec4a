import type { Standing } from './beat.ts';
import { deadAfter, isAlive, isDeafToUs, type Peer } from './peer.ts';
import { type Candidate, compareServed, outranks } from './rank.ts';

import type { Settings } from './settings.ts';
import { type Role, standing } from './state.ts';

/** The two candidates as this node sees them; undefined while no peer is heard. */
function candidates(role: Role, atMs: number, settings: Settings): { self: Candidate; peer: Candidate } | undefined {
  if (!isAlive(role.peer, settings)) return undefined;
  const { lowerAddress } = settings;
  return {
    self: { ...standing(role, atMs, settings), services: role.facts.services, lowerAddress },
    peer: { ...role.peer.standing, services: role.peer.extension?.services, lowerAddress: !lowerAddress },
  };
}

/** Who of the two leads by rank: `undefined` while no peer is heard. */
export function leader(role: Role, atMs: number, settings: Settings): 'self' | 'peer' | undefined {
  const both = candidates(role, atMs, settings);
  return both && (outranks(both.self, both.peer) ? 'self' : 'peer');
}

/**
 * Whether this node leads by rank, and has had that rank for so long that its peer knows. Not while the peer says that an earlier
 * life of it has left a lease: then its data path may answer whatever its state is. Whoever took the lead before it
 * could know has by then said so, or answers for the address, or has lost its lease. So long it listens, too, when it has stood
 * still itself: what waited for it is old, and who started anew meanwhile, and leads, is not believed at its first beat.
 */
export function mayLead(role: Role, atMs: number, settings: Settings): boolean {
  const { state, improvedAtMs, wokeAtMs, peer } = role;
  if (peer.extension?.leaseKeptMs) return false;
  const resignedMs = state.name === 'standby' && state.resignedUntilMs <= atMs ? state.resignedUntilMs : 0;
  const knownAtMs = Math.max(improvedAtMs, resignedMs, wokeAtMs) + deadAfter(peer, settings);
  return atMs >= knownAtMs && leader(role, atMs, settings) === 'self';
}

/**
 * Two that ask in earnest are through after the first; the second is for lost frames. A row of questions ends when none has come
 * for as long as a row may hold a node off: so whoever forges the peer's hardware address delays a takeover by two deferrals, and
 * not by more, for in the time until the next row the node has led. The one with the lower address, which asks on meanwhile, goes
 * first: else the other, which hears that, would lead in the very moment in which both have waited for long enough.
 */
const DEFERRALS_IN_A_ROW = 2;
const DEFERRALS_OF_THE_LOWER_ADDRESS = 1.5;

/**
 * Both ask for the address in the same moment, and nobody has it to answer. Each waits until what the other may have
 * decided before it heard the question is over: its last question before that can be two intervals old, and the lease
 * that it took is less than `deadAfterMs`. The one with the higher address also asks no more, so that the other's wait ends.
 * Once this node has entered another state, what is asked is another row.
 */
export function deferToPeer(role: Role, atMs: number, settings: Settings): Role {
  const deferMs = deferralMs(role.peer, settings);
  const { lowerAddress } = settings;
  const longestMs = (lowerAddress ? DEFERRALS_OF_THE_LOWER_ADDRESS : DEFERRALS_IN_A_ROW) * deferMs;
  const deferringSinceMs = atMs - role.peerAskedAtMs < DEFERRALS_IN_A_ROW * deferMs ? role.deferringSinceMs : atMs;
  const asked = { ...role, deferringSinceMs, peerAskedAtMs: atMs };
  if (atMs - deferringSinceMs >= longestMs) return asked;
  const deferUntilMs = Math.min(atMs + deferMs, deferringSinceMs + longestMs);
  const peer = lowerAddress ? role.peer : { ...role.peer, asksUnanswered: 0 };
  return { ...asked, peer, deferUntilMs };
}

const deferralMs = (peer: Peer, settings: Settings): number => deadAfter(peer, settings) + 2 * settings.intervalMs;

/**
 * A peer that says that it leads has decided: from now on it answers, or its lease is over. One that says that it does not is
 * waited for no longer than the lease that it names now asks for: it may have named one before that was left to it.
 */
export function endDeferring(role: Role, { state }: Standing, atMs: number, settings: Settings): Role {
  if (state === 'active') return { ...role, peerAskedAtMs: NEVER, deferUntilMs: role.tickedAtMs };
  return { ...role, deferUntilMs: Math.min(role.deferUntilMs, atMs + deferralMs(role.peer, settings)) };
}

export const NEVER = Number.NEGATIVE_INFINITY;

export function isDeferring({ deferUntilMs }: Pick<Role, 'deferUntilMs'>, atMs: number): boolean {
  return atMs < deferUntilMs;
}

export function isYielding(role: Pick<Role, 'deferUntilMs'>, atMs: number, { lowerAddress }: Settings): boolean {
  return !lowerAddress && isDeferring(role, atMs);
}

/**
 * Whether the peer meets more reach targets and could lead in this node's place. Equals change nothing: a leader that
 * loses a target which its peer loses too stays.
 */
export function peerReachesMore(role: Role, atMs: number, settings: Settings): boolean {
  const both = candidates(role, atMs, settings);
  if (both === undefined || both.peer.resigned) return false;
  return both.peer.targetsMet > both.self.targetsMet && peerCouldLead(role, atMs, settings);
}

/**
 * Whether the peer serves better, meets as many reach targets, and could lead in this node's place. Together with the targets
 * that is one order, so the lead is not handed to and fro.
 */
export function peerServesBetter(role: Role, atMs: number, settings: Settings): boolean {
  const both = candidates(role, atMs, settings);
  if (both === undefined || both.peer.resigned || both.peer.targetsMet !== both.self.targetsMet) return false;
  return compareServed(both.peer.services, both.self.services) > 0 && peerCouldLead(role, atMs, settings);
}

/** Whether the peer meets as many reach targets and serves as well as this node, or is better placed. */
export function isAsWellPlaced(role: Role, atMs: number, settings: Settings): boolean {
  const both = candidates(role, atMs, settings);
  if (both === undefined) return false;
  const order = both.peer.targetsMet - both.self.targetsMet || compareServed(both.peer.services, both.self.services);
  return order >= 0;
}

/** Whether the peer could lead if this node let go now. One that does not hear this node would not know of it. */
export function peerCouldLead(role: Role, atMs: number, settings: Settings): boolean {
  const both = candidates(role, atMs, settings);
  return (
    both !== undefined &&
    !isDeafToUs(role.peer, atMs, settings) &&
    outranks({ ...both.peer, resigned: false }, { ...both.self, state: 'standby', resigned: true })
  );
}
