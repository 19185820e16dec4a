import { isAsWellPlaced, leader, peerCouldLead } from './election.ts';
import type { BadlyServed } from './extension.ts';
import { goOnCompleting, letGo, logCompleted, whyNoSuccessor } from './handover.ts';
import { isKeptFromPeer, notInStep } from './in-step.ts';
import { hasLasted } from './lasting.ts';
import { isAlive, knowsOf } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Event, enter, type In, type Step, standBy, stay, targetsMet } from './state.ts';

type AskedToStandBy = Extract<Event, { type: 'AskedToStandBy' }>;

/** Beat, and renew the lease with each beat; let go when asked, or when both lead and the other ranks higher. */
export function whenActive(role: In<'active'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Ticked':
      return whenTicked(role, event.atMs, settings);
    case 'Heard':
      return whenHeard(role, event.atMs, settings);
    case 'AskedToStandBy':
      return whenAskedToStandBy(role, event, settings);
    case 'AskedToStop':
      return letGo(role, { reason: 'stopping', isForced: true }, event.atMs, settings);
    case 'LogCompleted':
      return logCompleted(role, event.isInStep, event.atMs, settings);
    default:
      return stay(role);
  }
}

function whenTicked(role: In<'active'>, atMs: number, settings: Settings): Step {
  const yielding = whyYield(role, atMs, settings);
  if (yielding !== undefined) return enter(role, standBy(), yielding, atMs);
  return renewed(whenLeading(role, atMs, settings), atMs, settings);
}

function whenLeading(role: In<'active'>, atMs: number, settings: Settings): Step {
  const { completing } = role.state;
  if (completing) return goOnCompleting(role, completing, atMs, settings);
  const reason = whyBetterThere(role, atMs, settings);
  const stays = reason === undefined || atMs < role.holdDown.untilMs || isKeptFromPeer(role, settings);
  return stays ? stay(role) : letGo(role, { reason }, atMs, settings);
}

function whenAskedToStandBy(role: In<'active'>, { atMs, force }: AskedToStandBy, settings: Settings): Step {
  if (!peerCouldLead(role, atMs, settings)) return { ...stay(role), whyNotGranted: whyNoSuccessor(settings) };
  if (!force && isKeptFromPeer(role, settings))
    return { ...stay(role), whyNotGranted: notInStep(settings.peer, 'standby') };
  return letGo(role, { reason: 'asked to stand by', isForced: force === true, setsAside: true }, atMs, settings);
}

/** As long as the two may still be about to see the same, nothing is made of what they see differently. */
function whyBetterThere(role: In<'active'>, atMs: number, settings: Settings): string | undefined {
  const { standing, extension } = role.peer;
  if (hasLasted(role, 'peerReachesMore', settings.reachHoldMs, atMs))
    return `${settings.peer} meets ${standing?.targetsMet} reach targets, this node ${targetsMet(role.facts)}`;
  if (!hasLasted(role, 'peerServesBetter', settings.poorHoldMs, atMs)) return undefined;
  const [theirs, own] = [extension?.services, role.facts.services].map(servedText);
  return `${settings.peer} serves better: ${theirs} there, ${own} here`;
}

const servedText = (services: BadlyServed = { dead: 0, scarce: 0 }): string =>
  `${services.dead} services dead, ${services.scarce} with half of their servers or less`;

/**
 * Of two that lead, the one that hears the other yields when that does not hear it, whichever ranks higher: what both heard
 * would have ended it in one beat, so only the one that knows of both can end it. When a split heals, neither has heard the other for
 * long: so the peer must have been deaf for two beats in which it was heard itself. A peer that does not say what it hears,
 * and leads on for a dead time, is deaf as well.
 */
function whyYield(role: In<'active'>, atMs: number, settings: Settings): string | undefined {
  const { peer, intervalMs, deadAfterMs } = settings;
  const leadsToo = isAlive(role.peer, settings) && role.peer.standing.state === 'active';
  if (leadsToo && hasLasted(role, 'peerDoesNotHearUs', 2 * intervalMs, atMs))
    return `${peer} leads too, and does not hear this node`;
  return hasLasted(role, 'peerLeadsOn', deadAfterMs, atMs) ? `${peer} leads too, and goes on` : undefined;
}

/**
 * A leader that stays renews its lease. The beat goes first: a node that stalls between the two has promised its peer a longer
 * wait than it has granted itself a lease.
 */
function renewed({ role, ...next }: Step, atMs: number, { leaseMs }: Settings): Step {
  if (role.state.name !== 'active') return { ...next, role };
  const { told: _, ...state } = role.state;
  const leaseEndsMs = atMs + leaseMs;
  return {
    ...next,
    role: { ...role, state: { ...state, leaseEndsMs } },
    effects: ['beat', 'renewLease', ...next.effects],
  };
}

function whenHeard(role: In<'active'>, atMs: number, settings: Settings): Step {
  const { standing, stoodDown, extension } = role.peer;
  if (standing?.state === 'active') return whenPeerLeads(role, atMs, settings);
  const isForced = extension?.sync?.isForced === true;
  const isKept = isKeptFromPeer(role, settings);
  if (standing?.requestsLead && (isForced || !isKept) && peerCouldLead(role, atMs, settings))
    return letGo(role, { reason: `${settings.peer} asked to lead`, isForced, setsAside: true }, atMs, settings);
  if (standing?.wantsFailback && !isKept && mayHaveItBack(role, atMs, settings))
    return letGo(role, { reason: `${settings.peer} is the primary, and is back` }, atMs, settings);
  // After two have led, a neighbour may still believe the other.
  return stay(role, stoodDown ? ['announce'] : []);
}

/**
 * The one that ranks lower yields to a word that was said knowing of its own lead. Until then both say at once that they lead, once
 * between two beats, so that two beats' time is not waited for.
 */
function whenPeerLeads(role: In<'active'>, atMs: number, settings: Settings): Step {
  if (knowsOf(role.peer, role.sinceMs, atMs, settings) && leader(role, atMs, settings) === 'peer')
    return enter(role, standBy(), `${settings.peer} leads too, and ranks higher`, atMs);
  if (role.state.told) return stay(role);
  return stay({ ...role, state: { ...role.state, told: true } }, ['beat']);
}

/**
 * The primary is back for good: for as long as this node holds the lead down it must have been fit, and still be. This node's
 * own configuration is asked as well: where it says `manual`, or that this node is the primary, nothing moves. So two that
 * each call themselves the primary do not swap for ever.
 */
function mayHaveItBack(role: In<'active'>, atMs: number, settings: Settings): boolean {
  return (
    settings.recovery === 'automatic' &&
    !settings.primary &&
    atMs >= role.holdDown.untilMs &&
    atMs - role.peer.fitSinceMs >= settings.holdDownMs &&
    isAsWellPlaced(role, atMs, settings) &&
    peerCouldLead(role, atMs, settings)
  );
}
