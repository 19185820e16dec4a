import { held, isYielding } from './contest.ts';
import { answered, attentiveMs, heard, isAlive, isSuspect, strangerSince, waited } from './peer.ts';
import { FITNESS } from './rank.ts';
import type { Settings } from './settings.ts';
import { type Event, enter, type Facts, fitnessBy, type Role, relisten, type Step } from './state.ts';
import { whenActive } from './when-active.ts';
import { isAsking, whenInitial } from './when-initial.ts';
import { whenInop } from './when-inop.ts';
import { isContending, whenStandby } from './when-standby.ts';

/**
 * Who leads: a pure function of (role, event). Time comes with the event.
 *
 *                 peer heard, and it leads or outranks us
 *   initial ──────────────────────────────────────────────► standby
 *    ▲ ▲ │                                                   │  ▲
 *    │ │ │ nobody leads, and we outrank      peer silent,    │  │ asked to stand by, peer asked to lead,
 *    │ │ │                                or not active and  │  │ or both lead and peer outranks
 *    │ │ │                                outranked; address │  │
 *    │ │ │                                unanswered         ▼  │
 *    │ │ └─────────────────────────────────────────────────► active
 *    │ └──────────────────── lease lost ───────────────────────┘
 *    │
 *    └── cured ── inop ◄── any: a link down, no healthy server while the peer has one, or stopping
 */
export function step(before: Role, event: Event, settings: Settings): Step {
  const role = noted(before, event, settings);
  if (role.state.name !== 'active' || event.atMs <= role.state.leaseEndsMs) return act(role, event, settings);
  const lateMs = Math.round(event.atMs - role.state.leaseEndsMs);
  const fallen = enter(role, relisten(settings), `lease lost: stalled until ${lateMs} ms after its end`, event.atMs);
  const next = act(fallen.role, event, settings);
  return { ...next, effects: [...fallen.effects, ...next.effects], entered: [...fallen.entered, ...next.entered] };
}

/** The role at the daemon's start. */
export function begin(atMs: number, settings: Settings): Role {
  const listenMs = settings.deadAfterMs + (settings.primary ? 0 : settings.headStartMs);
  return {
    state: { name: 'initial', listenMs, listenedMs: 0 },
    sinceMs: atMs,
    reason: 'started',
    tickedAtMs: atMs,
    improvedAtMs: atMs,
    heldUntilMs: atMs,
    facts: { ready: false, downLinks: [], healthyServers: 0 },
    stopping: false,
    peer: strangerSince(atMs),
  };
}

/** When to tick next: four times as often while asking for the address, so that the asking costs no time. */
export function nextTickInMs({ state, peer, ...role }: Role, settings: Settings): number {
  if (isYielding(role, role.tickedAtMs, settings)) return settings.intervalMs;
  const asking =
    (state.name === 'initial' && isAsking({ ...role, peer, state }, settings)) ||
    (state.name === 'standby' &&
      (isSuspect(peer, settings) || isContending({ ...role, peer, state }, role.tickedAtMs, settings)));
  return asking ? settings.intervalMs / 4 : settings.intervalMs;
}

/** What an event tells, whatever the state. */
function noted(role: Role, event: Event, settings: Settings): Role {
  switch (event.type) {
    case 'Heard':
      return { ...role, peer: heard(role.peer, event.from, event.atMs) };
    case 'Ticked':
      return tickNoted(role, event.atMs, settings);
    case 'Refused':
      return { ...role, peer: { ...role.peer, refused: true } };
    case 'AddressAnswered':
      return { ...role, peer: answered(role.peer, settings) };
    case 'AddressAsked':
      return held(role, event.atMs, settings);
    case 'FactsChanged':
      return factsNoted(role, event.facts, event.atMs);
    case 'AskedToStop':
      return { ...role, stopping: true };
    default:
      return role;
  }
}

function factsNoted(role: Role, facts: Facts, atMs: number): Role {
  const isFitter = FITNESS[fitnessBy(facts)] > FITNESS[fitnessBy(role.facts)];
  return { ...role, facts, improvedAtMs: isFitter ? atMs : role.improvedAtMs };
}

function tickNoted({ poorSinceMs, ...before }: Role, atMs: number, settings: Settings): Role {
  const { state, tickedAtMs } = before;
  const heedMs = attentiveMs(tickedAtMs, atMs, settings);
  const listening = state.name === 'initial' ? { ...state, listenedMs: state.listenedMs + heedMs } : state;
  const role = { ...before, state: listening, tickedAtMs: atMs, peer: waited(before.peer, tickedAtMs, atMs, settings) };
  const outdone =
    role.facts.healthyServers === 0 && isAlive(role.peer, settings) && role.peer.standing.fitness === 'fit';
  return outdone ? { ...role, poorSinceMs: poorSinceMs ?? atMs } : role;
}

function act(role: Role, event: Event, settings: Settings): Step {
  const { state } = role;
  const why = whyInop(role, event.atMs, settings);
  if (why !== undefined && state.name !== 'inop') return enter(role, { name: 'inop' }, why, event.atMs);
  switch (state.name) {
    case 'initial':
      return whenInitial({ ...role, state }, event, settings);
    case 'standby':
      return whenStandby({ ...role, state }, event, settings);
    case 'active':
      return whenActive({ ...role, state }, event, settings);
    case 'inop':
      return whenInop(role, event, settings, why);
  }
}

function whyInop({ stopping, facts, poorSinceMs }: Role, atMs: number, settings: Settings): string | undefined {
  if (stopping) return 'stopping';
  if (facts.downLinks.length > 0) return `link down: ${facts.downLinks.join(', ')}`;
  const outdoneMs = poorSinceMs === undefined ? 0 : atMs - poorSinceMs;
  if (facts.ready && outdoneMs >= settings.poorHoldMs)
    return `no server is healthy here, while ${settings.peer} has one`;
  return undefined;
}
