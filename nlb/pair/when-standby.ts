import { isDeferring, isYielding, mayLead } from './election.ts';
import { isBehind, notInStep } from './in-step.ts';
import { isDeafToUs, isGone, isSilenceProved, isSuspect, isUnanswered } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Event, type In, lead, type Role, type Step, stay } from './state.ts';

/** Wait; take the lead when the leader lets go of it or is silent, and nobody answers for the address. */
export function whenStandby(role: In<'standby'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Ticked':
      return whenTicked(role, event.atMs, settings);
    case 'Heard':
      return stay(isReplaced(role, event.atMs) ? resignedUntil(role, event.atMs) : role);
    case 'AskedToLead':
      if (isDeafToUs(role.peer, event.atMs, settings))
        return { ...stay(role), whyNotGranted: `${settings.peer} does not hear this node` };
      if (!event.force && isBehind(role, settings))
        return { ...stay(role), whyNotGranted: notInStep('this node', 'takeover') };
      return stay(requesting(role, event.atMs + settings.letGoMs, event.force), ['beat']);
    default:
      return stay(role);
  }
}

/** Whether another leads, in whose favour this node resigned: should that one resign as well, this one leads again. */
function isReplaced({ peer, state }: In<'standby'>, atMs: number): boolean {
  return peer.standing?.state === 'active' && atMs < state.resignedUntilMs;
}

function resignedUntil(role: In<'standby'>, resignedUntilMs: number): In<'standby'> {
  return { ...role, state: { ...role.state, resignedUntilMs } };
}

function requesting(role: In<'standby'>, requestUntilMs: number, force?: true): In<'standby'> {
  const { isForced: _, ...state } = role.state;
  return { ...role, setAside: false, state: { ...state, requestUntilMs, ...(force && { isForced: force }) } };
}

function whenTicked(role: In<'standby'>, atMs: number, settings: Settings): Step {
  const contends = isContending(role, atMs, settings);
  if (!contends && !isSuspect(role.peer, settings)) return stay(asked(role, 0), ['beat']);
  if (isYielding(role, atMs, settings)) return stay(role, ['beat']);
  const free = !isDeferring(role, atMs);
  if (free && contends && isUnanswered(role.peer)) return lead(role, whyNot(role, settings), atMs, settings);
  if (free && isGone(role.peer, settings) && isSilenceProved(role.peer, role.facts))
    return lead(role, whyGone(role, settings), atMs, settings);
  return stay(asked(role, role.peer.asksUnanswered + 1), ['beat', 'askAddress']);
}

/**
 * Whether the peer has said that it does not lead, and this node outranks it. That may be old news: it can have waited
 * while this node stalled, or been on its way for long. So it is a reason to ask, not yet one to lead.
 */
export function isContending(role: Role, atMs: number, settings: Settings): boolean {
  return role.peer.standing?.state !== 'active' && mayLead(role, atMs, settings);
}

function asked(role: In<'standby'>, asksUnanswered: number): In<'standby'> {
  return { ...role, peer: { ...role.peer, asksUnanswered } };
}

function whyNot({ peer }: In<'standby'>, settings: Settings): string {
  const what = peer.standing?.resigned ? 'resigned' : `is ${peer.standing?.state}`;
  return `${settings.peer} ${what}, address unanswered`;
}

function whyGone({ peer }: In<'standby'>, settings: Settings): string {
  const refused = peer.refused ? ', its host refuses beats' : '';
  const asked = `address unanswered (asked ${peer.asksUnanswered} times)`;
  return `${settings.peer} silent for ${Math.round(peer.silentMs)} ms${refused}, ${asked}`;
}
