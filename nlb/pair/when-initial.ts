import { isDeferring, isYielding, leader, mayLead } from './election.ts';
import { isAlive, isSilenceProved, isUnanswered } from './peer.ts';
import type { Settings } from './settings.ts';
import { type Event, enter, type In, lead, type Step, standBy, stay } from './state.ts';

/** Listen until a leader must have been heard, ask for the address before the end, then lead or stand by. */
export function whenInitial(role: In<'initial'>, event: Event, settings: Settings): Step {
  switch (event.type) {
    case 'Heard':
      return follow(role, event.atMs, settings) ?? stay(role);
    case 'Ticked':
      return listen(role, event.atMs, settings);
    case 'AddressAnswered':
      return stay({ ...role, state: { ...role.state, listenedMs: 0 }, reason: `another node answers: ${event.mac}` });
    case 'AskedToLead':
    case 'AskedToStandBy':
      return {
        ...stay(role),
        whyNotGranted: `still initial: ${role.facts.ready ? 'listening for a leader' : 'not ready'}`,
      };
    default:
      return stay(role);
  }
}

function follow(role: In<'initial'>, atMs: number, settings: Settings): Step | undefined {
  if (!role.facts.ready || !isAlive(role.peer, settings)) return undefined;
  const { state, fitness } = role.peer.standing;
  const leads = state === 'active';
  if (!leads && (fitness === 'out' || leader(role, atMs, settings) === 'self')) return undefined;
  return enter(role, standBy(), `${settings.peer} ${leads ? 'leads' : 'ranks higher'}`, atMs);
}

function listen(role: In<'initial'>, atMs: number, settings: Settings): Step {
  const following = follow(role, atMs, settings);
  if (following) return following;
  if (!role.facts.ready || !isAsking(role, settings) || isYielding(role, atMs, settings)) return stay(role, ['beat']);
  const heardOut = role.state.listenedMs >= role.state.listenMs && !isDeferring(role, atMs);
  const isSilent = !isAlive(role.peer, settings) && isSilenceProved(role.peer, role.facts);
  const unopposed = isSilent || mayLead(role, atMs, settings);
  if (heardOut && isUnanswered(role.peer) && unopposed) return lead(role, reasonToLead(role, settings), atMs, settings);
  const peer = { ...role.peer, asksUnanswered: role.peer.asksUnanswered + 1 };
  return stay({ ...role, peer }, ['beat', 'askAddress']);
}

/** Whether it is time to ask for the address: shortly before the end of listening. */
export function isAsking({ state, facts }: In<'initial'>, { intervalMs }: Settings): boolean {
  return facts.ready && state.listenedMs >= state.listenMs - 2 * intervalMs;
}

function reasonToLead(role: In<'initial'>, settings: Settings): string {
  if (isAlive(role.peer, settings)) return `nobody led, and ${settings.peer} ranks lower`;
  return `no beat of ${settings.peer} in ${Math.round(role.state.listenedMs)} ms, address unanswered`;
}
