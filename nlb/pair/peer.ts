import { type Acknowledged, latestOf } from './acknowledged.ts';
import type { Standing } from './beat.ts';
import type { Extension } from './extension.ts';
import { type Reception, untried } from './reception.ts';
import type { Settings } from './settings.ts';
import type { Facts, Heard } from './state.ts';

/** What a node knows of its peer, by heartbeats and by the answers to its question for the NLBS address. */
export interface Peer {
  /** As its last beat said; absent when none was ever heard. */
  standing?: Standing;
  /** What else it has said since its start; absent when it speaks version 3. */
  extension?: Extension;
  /** Which of our beats it has heard, by its last word; absent as long as it has not said. */
  acknowledged?: Acknowledged;
  /** How long it has been silent while we were listening: time in which we ourselves were stalled does not count. */
  silentMs: number;
  /** Until when `silentMs` has been counted. */
  countedUntilMs: number;
  /** Its host refused a beat of ours: nobody listened there. */
  refused: boolean;
  /** When that was last. */
  refusedAtMs: number;
  /** For how long its host, by its own hardware address, has not answered for its own address while we were listening. */
  absentMs: number;
  /** How many ticks in a row, up to this one, came after such an answer since the tick before. */
  presences: number;
  /** Its last beat said that it is not active, which it was by the one before, or may have become in a silence before it. */
  stoodDown: boolean;
  /** Since when its beats have said that it is fit to lead; the far future while they do not. */
  fitSinceMs: number;
  /** Questions for the NLBS address that had no answer, since the last that had one. */
  asksUnanswered: number;
  reception: Reception;
}

/** Three in a row, a quarter of an interval apart: one or two lost frames do not make a takeover. */
const ASKS_ENOUGH = 3;

/**
 * For how long a refusal stands for those that do not come. Linux says to each address six times in a row that nobody listens,
 * and then once a second (net.ipv4.icmp_ratelimit), however often it is asked; a beat that comes ends it at once.
 */
const REFUSAL_STANDS_MS = 1250;

export function unheardSince(atMs: number): Peer {
  const fitSinceMs = Number.POSITIVE_INFINITY;
  const unrefused = { refused: false, refusedAtMs: Number.NEGATIVE_INFINITY };
  const absent = { absentMs: Number.POSITIVE_INFINITY, presences: 0 };
  return {
    silentMs: 0,
    countedUntilMs: atMs,
    ...unrefused,
    ...absent,
    stoodDown: false,
    fitSinceMs,
    asksUnanswered: 0,
    reception: untried,
  };
}

export function heard(before: Peer, { from: standing, ...event }: Heard, { leaseMs }: Settings): Peer {
  const { atMs, extension } = event;
  const leads = standing.state === 'active';
  const mayHaveLed = before.standing?.state === 'active' || before.silentMs > leaseMs;
  const stoodDown = mayHaveLed && !leads;
  const fitSinceMs = standing.fitness === 'fit' ? Math.min(before.fitSinceMs, atMs) : Number.POSITIVE_INFINITY;
  const asksUnanswered = leads ? 0 : before.asksUnanswered;
  const acknowledged = event.acknowledged ?? (extension && before.acknowledged);
  const more = { ...(extension && { extension }), ...(acknowledged && { acknowledged }) };
  return { ...unheardSince(atMs), standing, ...more, stoodDown, fitSinceMs, asksUnanswered };
}

/** Time goes by. Who asked before a stall must ask again: the peer may have taken the lead meanwhile. */
export function waited(peer: Peer, tickedAtMs: number, atMs: number, settings: Settings): Peer {
  const awakeMs = listenedMs(peer.countedUntilMs, atMs, settings);
  const [silentMs, absentMs] = [peer.silentMs + awakeMs, peer.absentMs + awakeMs];
  const stalled = listenedMs(tickedAtMs, atMs, settings) < atMs - tickedAtMs;
  const presences = peer.absentMs === 0 ? peer.presences + 1 : 0;
  const asked = stalled ? { asksUnanswered: 0, presences: 0, reception: untried } : {};
  return { ...peer, silentMs, absentMs, presences, countedUntilMs: Math.max(atMs, peer.countedUntilMs), ...asked };
}

/** How much of a time counts as listening: a tick that comes late, because we stalled, counts little more than one on time. */
export function listenedMs(fromMs: number, toMs: number, { intervalMs }: Settings): number {
  return Math.max(0, Math.min(toMs - fromMs, 1.5 * intervalMs));
}

/**
 * The witness answered for the NLBS address: the peer's own hardware address, asked by us alone. Once the lease that came with the
 * last beat must have run out, the answer proves that it was renewed, and is worth a beat.
 */
export function answered(peer: Peer, settings: Settings): Peer {
  const isWorthABeat = peer.silentMs > leaseOf(peer, settings);
  return { ...peer, ...(isWorthABeat && { silentMs: 0, reception: untried }), asksUnanswered: 0 };
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

/** Whether it says, and has not fallen silent since, that it does not lead: so it gave its lease back. */
export function hasLetGo(peer: Peer, settings: Settings): boolean {
  return isAlive(peer, settings) && peer.standing.state !== 'active';
}

/**
 * Whether it lives and says that it hears nothing of us: by its last word the latest beat of ours that it heard was sent longer
 * ago than a lease and an interval, for its word may be as old as that. Not of one that has fallen silent: its last word grows
 * old, and a dead one hears nobody. A peer of version 3 does not say.
 */
export function isDeafToUs(peer: Peer, atMs: number, settings: Settings): boolean {
  if (!isAlive(peer, settings) || isSuspect(peer, settings) || peer.acknowledged === undefined) return false;
  return atMs - latestOf(peer.acknowledged) > leaseOf(peer, settings) + settings.intervalMs;
}

/**
 * Whether the peer said its last word knowing what this node does since `sinceMs`: it has heard a beat that was sent since. A word
 * from before can come late: Linux keeps a hundred datagrams or so for a neighbour that it cannot find, as while a link is down, and
 * sends them all at once when it has found it. A peer of version 3 does not say what it has heard.
 */
export function knowsOf(peer: Peer, sinceMs: number, atMs: number, settings: Settings): boolean {
  if (peer.acknowledged === undefined) return true;
  return latestOf(peer.acknowledged) >= sinceMs && !isDeafToUs(peer, atMs, settings);
}

/** Silence enough to begin asking for the address. A refusal adds nothing: anybody can forge one. */
export function isSuspect(peer: Peer, { intervalMs }: Settings): boolean {
  return peer.silentMs >= 2 * intervalMs;
}

/**
 * Whether its silence is to be believed, by a node that knows of `stations` other stations: one of them has been heard
 * meanwhile.
 */
export function isSilenceProved({ reception }: Peer, { stations }: Pick<Facts, 'stations'>): boolean {
  return stations === 0 || reception.proved;
}

/** Whether nobody answers for the address any more. */
export function isUnanswered(peer: Peer): boolean {
  return peer.asksUnanswered >= ASKS_ENOUGH;
}

/**
 * Whether its lease has run out for certain and it may be replaced. Where nobody listens there, the lease itself is all that
 * has to pass.
 */
export function isGone(peer: Peer, settings: Settings): boolean {
  const { silentMs } = peer;
  const longEnough = isUnattended(peer) ? silentMs > leaseOf(peer, settings) : silentMs >= deadAfter(peer, settings);
  return longEnough && isUnanswered(peer);
}

/**
 * Whether its host refuses our beats, and is there to do so. Anybody can forge a refusal; and in a network that loses all
 * for longer than a lease, a forged one would make a second leader before the dead time is over. So the host itself must
 * have answered each of the questions that its NLBS address left unanswered, by the same path and at the same time.
 */
function isUnattended({ refused, presences }: Peer): boolean {
  return refused && presences >= ASKS_ENOUGH;
}

/** Whether its host says, at this moment, that nobody listens. Anybody can forge that. */
export function isRefusing({ countedUntilMs, refusedAtMs }: Peer, { deadAfterMs }: Settings): boolean {
  return countedUntilMs - refusedAtMs < Math.max(deadAfterMs, REFUSAL_STANDS_MS);
}

/**
 * Whether the silence may be a split of the network, and the peer alive on the other side of it. Not while its host says
 * that nobody listens, and by its own hardware address is on the access subnet to say so: a refusal alone may be forged, and
 * a host alone may hold a daemon that leads and is not heard. That it said goodbye proves nothing: it may be back.
 */
export function mayBeSplitOff(peer: Peer, settings: Settings): boolean {
  const isPresent = peer.absentMs < settings.deadAfterMs;
  return !(isPresent && isRefusing(peer, settings)) && !isAlive(peer, settings);
}
