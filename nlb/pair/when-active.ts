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
  const isBetterThere = hasLasted(role, 'outreached', settings.reachHoldMs, atMs);
  if (!isBetterThere || atMs < role.holdDown.untilMs) return renew(role, atMs, settings);
  const theirs = role.peer.standing?.targetsMet;
  const reason = `${settings.peer} meets ${theirs} reach targets, this node ${targetsMet(role.facts)}`;
  return resign(role, reason, atMs, settings);
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
