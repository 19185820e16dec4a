import { leader } from './contest.ts';
import { isGone, isSuspect } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Event, type In, lead, type Step, stay } from './state.ts';

/** Wait; take the lead when the leader lets go of it, or when it is silent and nobody answers for the address. */
export function whenStandby(role: In<'standby'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Heard':
      return whenHeard(role, event.atMs, settings);
    case 'Ticked':
      return whenTicked(role, event.atMs, settings);
    case 'AskedToLead':
      return stay({ ...role, state: { ...role.state, claimUntilMs: event.atMs + settings.letGoMs } }, ['beat']);
    default:
      return stay(role);
  }
}

/** A peer that says that it is not active has dropped its lease before it said so. */
function whenHeard(role: In<'standby'>, atMs: number, settings: Settings): Step {
  const { standing } = role.peer;
  if (!standing || standing.state === 'active' || leader(role, atMs, settings) !== 'self') return stay(role);
  const what = standing.resigned ? 'resigned' : `is ${standing.state}`;
  return lead(role, `${settings.peer} ${what}`, atMs, settings);
}

function whenTicked(role: In<'standby'>, atMs: number, settings: Settings): Step {
  if (!isSuspect(role.peer, settings)) return stay(role, ['beat']);
  if (isGone(role.peer, settings)) return lead(role, whyGone(role, settings), atMs, settings);
  const peer = { ...role.peer, asksUnanswered: role.peer.asksUnanswered + 1 };
  return stay({ ...role, peer }, ['beat', 'askAddress']);
}

function whyGone({ peer }: In<'standby'>, settings: Settings): string {
  const refused = peer.refused ? ', its host refuses beats' : '';
  const asked = `address unanswered (asked ${peer.asksUnanswered} times)`;
  return `${settings.peer} silent for ${Math.round(peer.silentMs)} ms${refused}, ${asked}`;
}
