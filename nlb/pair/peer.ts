import type { Standing } from './beat.ts';
import type { Settings } from './settings.ts';

/** What a node knows of its peer, by heartbeats and by the answers to its question for the NLBS address. */
export interface Peer {
  /** As its last beat said; absent when none was ever heard. */
  standing?: Standing;
  /** How long it has been silent while we were listening: time in which we ourselves were stalled does not count. */
  silentMs: number;
  /** Until when `silentMs` has been counted. */
  countedUntilMs: number;
  /** Its host refused a beat of ours: nobody listened there. */
  refused: boolean;
  /** When that was last. */
  refusedAtMs: number;
  /** Its last beat said that it is not active, which it was by the one before, or may have become in a silence before it. */
  stoodDown: boolean;
  /** Since when its beats have said that it is fit to lead; the far future while they do not. */
  fitSinceMs: number;
  /** Questions for the NLBS address that had no answer, since the last that had one. */
  asksUnanswered: number;
}

/** Three in a row, a quarter of an interval apart: one or two lost frames do not make a takeover. */
const ASKS_ENOUGH = 3;

/**
 * For how long a refusal stands for those that do not come. Linux says to each address six times in a row that nobody listens,
 * and then once a second (net.ipv4.icmp_ratelimit), however often it is asked; a beat that comes ends it at once.
 */
export const REFUSAL_STANDS_MS = 1250;

export function strangerSince(atMs: number): Peer {
  const fitSinceMs = Number.POSITIVE_INFINITY;
  const never = { refused: false, refusedAtMs: Number.NEGATIVE_INFINITY };
  return { silentMs: 0, countedUntilMs: atMs, ...never, stoodDown: false, fitSinceMs, asksUnanswered: 0 };
}

export function heard(before: Peer, standing: Standing, atMs: number, { leaseMs }: Settings): Peer {
  const leads = standing.state === 'active';
  const mayHaveLed = before.standing?.state === 'active' || before.silentMs > leaseMs;
  const stoodDown = mayHaveLed && !leads;
  const fitSinceMs = standing.fitness === 'fit' ? Math.min(before.fitSinceMs, atMs) : Number.POSITIVE_INFINITY;
  const asksUnanswered = leads ? 0 : before.asksUnanswered;
  return { ...strangerSince(atMs), standing, stoodDown, fitSinceMs, asksUnanswered };
}

/** Time goes by. Who asked before a stall must ask again: the peer may have taken the lead meanwhile. */
export function waited(peer: Peer, tickedAtMs: number, atMs: number, settings: Settings): Peer {
  const silentMs = peer.silentMs + attentiveMs(peer.countedUntilMs, atMs, settings);
  const stalled = attentiveMs(tickedAtMs, atMs, settings) < atMs - tickedAtMs;
  const asksUnanswered = stalled ? 0 : peer.asksUnanswered;
  return { ...peer, silentMs, countedUntilMs: Math.max(atMs, peer.countedUntilMs), asksUnanswered };
}

/** How much of a time counts as listening: a tick that comes late, because we stalled, counts little more than one on time. */
export function attentiveMs(fromMs: number, toMs: number, { intervalMs }: Settings): number {
  return Math.max(0, Math.min(toMs - fromMs, 1.5 * intervalMs));
}

/**
 * Somebody else answered for the NLBS address. Once the lease that came with the last beat must have run out, the answer
 * proves that it was renewed, and is worth a beat.
 */
export function answered(peer: Peer, settings: Settings): Peer {
  const silentMs = peer.silentMs > leaseOf(peer, settings) ? 0 : peer.silentMs;
  return { ...peer, silentMs, asksUnanswered: 0 };
}

/**
 * How long the peer's data path may answer after a beat of it, at most. The two need not be set alike: while their
 * configuration is changed, on one and then on the other, they are not.
 */
function leaseOf({ standing }: Peer, { leaseMs }: Settings): number {
  return Math.max(leaseMs, standing?.leaseMs ?? 0);
}

/** Silence after which the peer's lease has run out for certain. */
export function deadAfter(peer: Peer, settings: Settings): number {
  return leaseOf(peer, settings) + settings.deadAfterMs - settings.leaseMs;
}

export function isAlive(peer: Peer, settings: Settings): peer is Peer & { standing: Standing } {
  return peer.standing !== undefined && peer.silentMs < deadAfter(peer, settings);
}

/** Silence enough to begin asking for the address. */
export function isSuspect(peer: Peer, { intervalMs }: Settings): boolean {
  return peer.refused || peer.silentMs >= 2 * intervalMs;
}

/** Whether nobody answers for the address any more. */
export function isUnanswered(peer: Peer): boolean {
  return peer.asksUnanswered >= ASKS_ENOUGH;
}

/**
 * Whether its lease has run out for certain and it may be replaced. Where its host refuses our beats, its daemon is gone
 * and renews nothing, so the lease itself is all that has to pass.
 */
export function isGone(peer: Peer, settings: Settings): boolean {
  const { refused, silentMs } = peer;
  const longEnough = refused ? silentMs > leaseOf(peer, settings) : silentMs >= deadAfter(peer, settings);
  return longEnough && isUnanswered(peer);
}

/**
 * Whether the silence may be a split of the network, and the peer alive on the other side of it. Not while its host says
 * that nobody listens. That it said goodbye proves nothing: it may be back.
 */
export function mayBeSplitOff(peer: Peer, settings: Settings): boolean {
  const isRefusing = peer.countedUntilMs - peer.refusedAtMs < Math.max(settings.deadAfterMs, REFUSAL_STANDS_MS);
  return !isRefusing && !isAlive(peer, settings);
}
