import { isAsWellPlaced, leader, peerCouldLead } from './election.ts';
import type { BadlyServed } from './extension.ts';
import { hasLasted } from './lasting.ts';
import { isAlive, knowsOf } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Event, enter, type In, type Step, standBy, stay, targetsMet } from './state.ts';

/** Beat, and renew the lease with each beat; let go when asked, or when both lead and the other ranks higher. */
export function whenActive(role: In<'active'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Ticked':
      return whenTicked(role, event.atMs, settings);
    case 'Heard':
      return whenHeard(role, event.atMs, settings);
    case 'AskedToStandBy':
      if (peerCouldLead(role, event.atMs, settings))
        return resign({ ...role, setAside: true }, 'asked to stand by', event.atMs, settings);
      return { ...stay(role), whyNotGranted: `${settings.peer} is not there to take over, or could not serve` };
    default:
      return stay(role);
  }
}

function whenTicked(role: In<'active'>, atMs: number, settings: Settings): Step {
  const yielding = whyYield(role, atMs, settings);
  if (yielding !== undefined) return enter(role, standBy(), yielding, atMs);
  const reason = whyBetterThere(role, atMs, settings);
  if (reason === undefined || atMs < role.holdDown.untilMs) return renew(role, atMs, settings);
  return resign(role, reason, atMs, settings);
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

/** The beat goes first: a node that stalls between the two has promised its peer a longer wait than it has granted itself a lease. */
function renew(role: In<'active'>, atMs: number, { leaseMs }: Settings): Step {
  return stay({ ...role, state: { name: 'active', leaseEndsMs: atMs + leaseMs } }, ['beat', 'renewLease']);
}

function whenHeard(role: In<'active'>, atMs: number, settings: Settings): Step {
  const { standing, stoodDown } = role.peer;
  if (standing?.state === 'active') return whenPeerLeads(role, atMs, settings);
  if (standing?.requestsLead && peerCouldLead(role, atMs, settings))
    return resign({ ...role, setAside: true }, `${settings.peer} asked to lead`, atMs, settings);
  if (standing?.wantsFailback && mayHaveItBack(role, atMs, settings))
    return resign(role, `${settings.peer} is the primary, and is back`, atMs, settings);
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

function resign(role: In<'active'>, reason: string, atMs: number, { letGoMs }: Settings): Step {
  return enter(role, standBy(atMs + letGoMs), reason, atMs);
}
