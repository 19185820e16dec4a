import { peerReachesMore, peerServesBetter } from './election.ts';
import { isAlive, isDeafToUs, knowsOf } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Role, whyPoor } from './state.ts';

/**
 * What speaks against this node's lead, but only when it lasts: the peer may be about to lose the same server or target, or
 * to hear that two lead.
 *
 *   onlyPeerIsFit      this node could serve less than all, or its kernel refuses an address that belongs here; the peer is fit
 *   peerReachesMore    the peer could lead, and meets more reach targets
 *   peerServesBetter   the peer could lead, and serves better
 *   peerLeadsOn        this node leads, and so does the peer, which knows of it, or does not say what it hears
 *   peerDoesNotHearUs  the peer, which is heard, does not hear this node
 */
export type Condition = 'onlyPeerIsFit' | 'peerReachesMore' | 'peerServesBetter' | 'peerLeadsOn' | 'peerDoesNotHearUs';
/** Since when each has been so; absent while it is not. */
export type Lasting = Readonly<Partial<Record<Condition, number>>>;

/** To be looked at with each tick. */
export function lastingSince(role: Role, atMs: number, settings: Settings): Lasting {
  const peer = isAlive(role.peer, settings) ? role.peer.standing : undefined;
  const isSo: Record<Condition, boolean> = {
    onlyPeerIsFit: whyPoor(role.facts) !== undefined && peer?.fitness === 'fit',
    peerReachesMore: peerReachesMore(role, atMs, settings),
    peerServesBetter: peerServesBetter(role, atMs, settings),
    peerLeadsOn:
      role.state.name === 'active' && peer?.state === 'active' && knowsOf(role.peer, role.sinceMs, atMs, settings),
    peerDoesNotHearUs: isDeafToUs(role.peer, atMs, settings),
  };
  const conditions = Object.keys(isSo) as Condition[];
  return Object.fromEntries(conditions.flatMap((each) => (isSo[each] ? [[each, role.lasting[each] ?? atMs]] : [])));
}

/** Whether it has been so for `forMs`. */
export function hasLasted(
  { lasting }: Pick<Role, 'lasting'>,
  condition: Condition,
  forMs: number,
  atMs: number,
): boolean {
  const sinceMs = lasting[condition];
  return sinceMs !== undefined && atMs - sinceMs >= forMs;
}
