import { leader, peerCouldLead } from './contest.ts';
import { hasLasted } from './lasting.ts';
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
      return { ...stay(role), refusal: `${settings.peer} is not there to take over, or could not serve` };
    default:
      return stay(role);
  }
}

function whenTicked(role: In<'active'>, atMs: number, settings: Settings): Step {
  const rival = whyYield(role, atMs, settings);
  if (rival !== undefined) return enter(role, standBy(), rival, atMs);
  const isBetterThere = hasLasted(role, 'outreached', settings.reachHoldMs, atMs);
  if (!isBetterThere || atMs < role.holdDown.untilMs) return renew(role, atMs, settings);
  const theirs = role.peer.standing?.targetsMet;
  const reason = `${settings.peer} meets ${theirs} reach targets, this node ${targetsMet(role.facts)}`;
  return resign(role, reason, atMs, settings);
}

/**
 * Of two that lead, the one that hears the other yields when that does not hear it, whichever ranks higher: what both heard
 * would have ended it in one beat, so only the one that knows of both can end it. When a split heals, neither has heard the other for
 * long: so the peer must have been deaf for two beats in which it was heard itself. A peer that does not say what it hears,
 * and leads on for a dead time, is deaf as well.
 */
function whyYield(role: In<'active'>, atMs: number, { peer, intervalMs, deadAfterMs }: Settings): string | undefined {
  if (role.lasting.rivalled === undefined) return undefined;
  if (hasLasted(role, 'unheard', 2 * intervalMs, atMs)) return `${peer} leads too, and does not hear this node`;
  return hasLasted(role, 'rivalled', deadAfterMs, atMs) ? `${peer} leads too, and goes on` : undefined;
}

/** The beat goes first: a node that stalls between the two has told its peer more than it has granted itself. */
function renew(role: In<'active'>, atMs: number, { leaseMs }: Settings): Step {
  return stay({ ...role, state: { name: 'active', leaseEndsMs: atMs + leaseMs } }, ['beat', 'renewLease']);
}

function whenHeard(role: In<'active'>, atMs: number, settings: Settings): Step {
  const { standing, stoodDown } = role.peer;
  if (standing?.state === 'active' && leader(role, atMs, settings) === 'peer')
    return enter(role, standBy(), `${settings.peer} leads too, and ranks higher`, atMs);
  if (standing?.claims && peerCouldLead(role, atMs, settings))
    return resign({ ...role, setAside: true }, `${settings.peer} asked to lead`, atMs, settings);
  if (standing?.reclaims && mayHaveItBack(role, atMs, settings))
    return resign(role, `${settings.peer} is the primary, and is back`, atMs, settings);
  // After a double claim a neighbour may still believe the other.
  return stay(role, stoodDown ? ['announce'] : []);
}

/** The primary is back for good: for as long as this node holds the lead down it must have been fit, and still be. */
function mayHaveItBack(role: In<'active'>, atMs: number, settings: Settings): boolean {
  const theirs = role.peer.standing?.targetsMet ?? 0;
  return (
    atMs >= role.holdDown.untilMs &&
    atMs - role.peer.fitSinceMs >= settings.holdDownMs &&
    theirs >= targetsMet(role.facts) &&
    peerCouldLead(role, atMs, settings)
  );
}

function resign(role: In<'active'>, reason: string, atMs: number, { letGoMs }: Settings): Step {
  return enter(role, standBy(atMs + letGoMs), reason, atMs);
}
