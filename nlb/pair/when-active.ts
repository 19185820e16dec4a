import { leader, peerCouldLead } from './contest.ts';
import type { Settings } from './settings.ts';
import { type Event, enter, type In, type Step, standBy, stay } from './state.ts';

/** Beat, and renew the lease with each beat; let go when asked, or when both lead and the other ranks higher. */
export function whenActive(role: In<'active'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Ticked':
      return renew(role, event.atMs, settings);
    case 'Heard':
      return whenHeard(role, event.atMs, settings);
    case 'AskedToStandBy':
      if (peerCouldLead(role, event.atMs, settings)) return resign(role, 'asked to stand by', event.atMs, settings);
      return { ...stay(role), refusal: `${settings.peer} is not there to take over, or could not serve` };
    default:
      return stay(role);
  }
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
    return resign(role, `${settings.peer} asked to lead`, atMs, settings);
  // After a double claim a neighbour may still believe the other.
  return stay(role, stoodDown ? ['announce'] : []);
}

function resign(role: In<'active'>, reason: string, atMs: number, { letGoMs }: Settings): Step {
  return enter(role, standBy(atMs + letGoMs), reason, atMs);
}
