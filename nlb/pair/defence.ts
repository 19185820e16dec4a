/**
 * Others that sent conflicting ARP packets (RFC 5227 section 2.4) while this node led: packets that name the NLBS address as their
 * sender's, here *claims*. From the first one until none came for a while.
 */
export interface Conflict {
  /** Hardware addresses of the claims, at most eight of them. */
  macs: readonly string[];
  claims: number;
  firstMs: number;
  lastMs: number;
  over: boolean;
}

/** What a leader knows of others' claims to its address. All times in milliseconds of one clock. */
export interface Defence {
  /** At most the last eight; the last one may be under way. */
  conflicts: readonly Conflict[];
  defendedAtMs: number;
  /** A claim has not been contradicted yet. */
  owed: boolean;
  /** When the peer last claimed the address, until its claims have ended. */
  peerClaimedAtMs?: number;
}

/** Senders of claims since the last look, one for each claim. */
export interface ConflictingPackets {
  others: readonly string[];
  peer: readonly string[];
}

/**
 * Claims by the peer's hardware address are the role's affair while the peer is heard. One that is silent leads no more once
 * this node does: whoever claims in its name, a switch that remembers it perhaps, is another station like any other.
 */
export function conflictingPackets({ others, peer }: ConflictingPackets, isPeerHeard: boolean): ConflictingPackets {
  return isPeerHeard ? { others, peer } : { others: [...others, ...peer], peer: [] };
}

export interface DefenceStep {
  defence: Defence;
  /** Whether to announce the address now, once. */
  announce: boolean;
  /** A conflict that began or ended now. */
  news?: Conflict;
}

/**
 * RFC 5227 section 2.4 (c) allows one defence in ten seconds, for hosts. A firewall that believed the claim would send
 * everything to the wrong place for so long; one a second is as harmless to a network.
 */
const DEFEND_EVERY_MS = 1000;
/** A conflict without a claim for so long is over. */
const QUIET_MS = 2000;
const KEPT = 8;

export const noConflict: Defence = { conflicts: [], defendedAtMs: -Infinity, owed: false };

/**
 * What to do about claims to the address. Another station's is contradicted at once, or as soon as the last defence is a second
 * ago, so that an announcement follows the last claim. The peer's is a handover or a double lead, which are the role's
 * affair. When either has ended, the address is announced once more, for whoever still believes the other.
 * @param leads whether this node has something to defend
 */
export function defend(before: Defence, claims: ConflictingPackets, atMs: number, leads: boolean): DefenceStep {
  if (!leads) return withoutLead(before);
  const noted = peerNoted(othersNoted(before, claims.others, atMs), claims.peer, atMs);
  const due = noted.owed && atMs - noted.defendedAtMs >= DEFEND_EVERY_MS;
  const { defence, ended } = endIfQuiet(due ? { ...noted, owed: false, defendedAtMs: atMs } : noted, atMs);
  const began = underWay(before) === undefined ? underWay(defence) : undefined;
  const peerEnded = noted.peerClaimedAtMs !== undefined && defence.peerClaimedAtMs === undefined;
  const news = began ?? ended;
  return { defence, announce: due || ended !== undefined || peerEnded, ...(news && { news }) };
}

function underWay({ conflicts }: Defence): Conflict | undefined {
  const last = conflicts.at(-1);
  return last?.over === false ? last : undefined;
}

function withCurrent({ conflicts, ...rest }: Defence, current: Conflict, isNew: boolean): Defence {
  const earlier = isNew ? conflicts.slice(1 - KEPT) : conflicts.slice(0, -1);
  return { ...rest, conflicts: [...earlier, current] };
}

function othersNoted(before: Defence, others: readonly string[], atMs: number): Defence {
  if (others.length === 0) return before;
  const known = underWay(before) ?? { macs: [], claims: 0, firstMs: atMs, lastMs: atMs, over: false };
  const macs = [...new Set([...known.macs, ...others])].slice(0, KEPT);
  const current = { ...known, macs, claims: known.claims + others.length, lastMs: atMs };
  return { ...withCurrent(before, current, known.claims === 0), owed: true };
}

const peerNoted = (defence: Defence, peer: readonly string[], atMs: number): Defence =>
  peer.length > 0 ? { ...defence, peerClaimedAtMs: atMs } : defence;

function endIfQuiet({ peerClaimedAtMs, ...defence }: Defence, atMs: number): { defence: Defence; ended?: Conflict } {
  const peerGoesOn = peerClaimedAtMs !== undefined && atMs - peerClaimedAtMs < QUIET_MS;
  const now = peerGoesOn ? { ...defence, peerClaimedAtMs } : defence;
  const current = underWay(now);
  if (!current || atMs - current.lastMs < QUIET_MS) return { defence: now };
  const ended = { ...current, over: true };
  return { defence: withCurrent(now, ended, false), ended };
}

/** Who does not lead has nothing to defend; whoever does now will be asked and announce itself. */
function withoutLead({ conflicts, defendedAtMs, ...before }: Defence): DefenceStep {
  const current = underWay({ conflicts, defendedAtMs, ...before });
  if (!current) return { defence: { conflicts, defendedAtMs, owed: false }, announce: false };
  const ended = { ...current, over: true };
  return {
    defence: { conflicts: [...conflicts.slice(0, -1), ended], defendedAtMs, owed: false },
    announce: false,
    news: ended,
  };
}
