import { isAlive } from '../peer.ts';
import { hearsNobody } from '../reception.ts';
import type { Settings } from '../settings.ts';
import { type Entry, type Event, type Role, whyHalfDead, whyPoor } from '../state.ts';
import { opposite, type Side } from './network.ts';
import type { World } from './world.ts';

/**
 * HA-9: who leads and serves does not give the lead to a peer that is not in step, unless the operator forces it, or the node
 * stops. What shows that a peer is in step is that the log was completed.
 */
export interface LettingGoWatch {
  happens(side: Side, event: Event): void;
  /** To be asked before the sync thread learns of the state that was entered. */
  isTooSoon(side: Side, entry: Entry): boolean;
}

/** For how long one that was forced may go for that: the request stands for a second, and the log has its time. */
const FORCED_FOR_MS = 1200;

export function openLettingGoWatch({ agenda, nodes, sync }: World): LettingGoWatch {
  const forcedMs = [-Infinity, -Infinity];
  return {
    happens: (side, event) => {
      if (isForce(event)) forcedMs[side] = agenda.nowMs();
    },
    isTooSoon: (side, { previous, reason }) => {
      const { daemon, settings } = nodes[side];
      if (previous !== 'active' || daemon === undefined || nodes[opposite(side)].daemon === undefined) return false;
      // Whoever lost its lease, or yields, does not give the lead away: it has none, or there are two.
      const isGiven = !reason.startsWith('lease lost') && !reason.includes('leads too');
      const isForced = agenda.nowMs() - (forcedMs[side] ?? 0) < FORCED_FOR_MS;
      const isBound = sync.takesPart(side) && knowsOfSync(daemon.role, settings) && serves(daemon.role, settings);
      return isGiven && isBound && !isForced && !sync.isLogComplete(side);
    },
  };
}

function isForce(event: Event): boolean {
  if (event.type === 'Heard') return event.from.requestsLead && event.extension?.sync?.isForced === true;
  return event.type === 'AskedToStop' || (event.type === 'AskedToStandBy' && event.force === true);
}

/** The peer lives, and has said that it takes part. */
const knowsOfSync = ({ peer }: Role, settings: Settings): boolean =>
  isAlive(peer, settings) && peer.extension?.sync !== undefined;

/** By all that the node itself knows. */
function serves(role: Role, settings: Settings): boolean {
  const { facts, peer } = role;
  const isSound = facts.downLinks.length === 0 && !facts.unguarded?.length && whyPoor(facts) === undefined;
  const verdicts = Object.values(facts.targets);
  const isReached = verdicts.length === 0 || verdicts.includes(true);
  return facts.ready && isSound && isReached && !hearsNobody(peer.reception) && !whyHalfDead(role, settings);
}
