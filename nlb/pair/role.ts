import { held, isYielding, NEVER_HELD, unheld } from './contest.ts';
import { askedAround, heardSomebody, hearsNobody, isRoundDue } from './ears.ts';
import { noHoldDown } from './hold-down.ts';
import { hasLasted, lastingSince } from './lasting.ts';
import {
  answered,
  attentiveMs,
  heard,
  isAlive,
  isRefusing,
  isSuspect,
  mayBeSplitOff,
  type Peer,
  strangerSince,
  waited,
} from './peer.ts';
import { compareServed, FITNESS } from './rank.ts';
import type { Settings } from './settings.ts';
import {
  type Event,
  enter,
  type Facts,
  fitnessOf,
  type In,
  type Role,
  relisten,
  type Step,
  targetsMet,
  whyHalfDead,
  whyPoor,
} from './state.ts';
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
 *    │ │ │                                unanswered         ▼  │ (or the peer does not hear us, and we hear it)
 *    │ │ └─────────────────────────────────────────────────► active
 *    │ └──────────────────── lease lost ───────────────────────┘
 *    │
 *    └── cured ── inop ◄── any: a link down, no data path, no main thread or not fit while the peer is, cut off, hears nobody,
 *                           or stopping
 */
export function step(before: Role, event: Event, settings: Settings): Step {
  const role = noted(before, event, settings);
  const why = role.state.name === 'active' ? whyLost(role.state, event) : undefined;
  if (why === undefined) return asking(before, listening(act(role, event, settings), event, settings), event, settings);
  const fallen = enter(woken(role, event.atMs), relisten(settings), `lease lost: ${why}`, event.atMs);
  const next = act(fallen.role, event, settings);
  return { ...next, effects: [...fallen.effects, ...next.effects], entered: [...fallen.entered, ...next.entered] };
}

/**
 * A refusal counts for nothing where the host that it comes from is not there: that is asked with the first refusal after a
 * beat, because there may be no other tick before the silence is long enough, and with each tick for as long as it stands.
 */
function asking({ peer }: Role, next: Step, { type }: Event, settings: Settings): Step {
  const isDue = type === 'Ticked' || (type === 'Refused' && !peer.refused);
  if (!isDue || !isRefusing(next.role.peer, settings)) return next;
  return { ...next, effects: [...next.effects, 'askPeer'] };
}

/** While the peer is silent, whoever else is there is asked, to know whether this node hears anybody. */
function listening(next: Step, { type, atMs }: Event, settings: Settings): Step {
  const { facts, peer } = next.role;
  const isAsking = type === 'Ticked' && facts.stations > 0 && isSuspect(peer, settings);
  if (!isAsking || !isRoundDue(peer.ears, atMs, settings.intervalMs)) return next;
  const role = { ...next.role, peer: { ...peer, ears: askedAround(peer.ears, atMs) } };
  return { ...next, role, effects: [...next.effects, 'askStations'] };
}

function whyLost({ leaseEndsMs }: In<'active'>['state'], event: Event): string | undefined {
  if (event.type === 'LeaseLost') return event.why;
  return event.atMs > leaseEndsMs
    ? `stalled until ${Math.round(event.atMs - leaseEndsMs)} ms after its end`
    : undefined;
}

/** Nothing of the time of a stall counts as listening, and no question that was asked before it. */
function woken(role: Role, atMs: number): Role {
  return { ...role, tickedAtMs: atMs, peer: { ...role.peer, asksUnanswered: 0 } };
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
    heldSinceMs: NEVER_HELD,
    facts: {
      ready: false,
      downLinks: [],
      healthyServers: 0,
      services: { dead: 0, scarce: 0 },
      stations: 0,
      targets: {},
    },
    factsAgeMs: 0,
    lasting: {},
    holdDown: noHoldDown(atMs),
    setAside: false,
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
      return unheld({ ...role, peer: heard(role.peer, event, settings) }, event.from);
    case 'Ticked':
      return tickNoted(role, event.atMs, settings);
    case 'Refused':
      return { ...role, peer: { ...role.peer, refused: true, refusedAtMs: event.atMs } };
    case 'AddressAnswered':
      return { ...role, peer: answered(role.peer, settings) };
    case 'WitnessFound':
      return { ...role, peer: { ...role.peer, asksUnanswered: 0 } };
    case 'PeerPresent':
      return { ...role, peer: { ...role.peer, absentMs: 0 } };
    case 'AddressAsked':
      return held(role, event.atMs, settings);
    case 'StationHeard':
      return { ...role, peer: { ...role.peer, ears: heardSomebody(role.peer.ears) } };
    case 'FactsChanged':
      return factsNoted(role, event, settings);
    case 'AskedToStop':
      return { ...role, stopping: true };
    default:
      return role;
  }
}

type FactsChanged = Extract<Event, { type: 'FactsChanged' }>;

function factsNoted(before: Role, { facts, atMs, toldAtMs }: FactsChanged, settings: Settings): Role {
  const factsAgeMs = toldAtMs === undefined ? before.factsAgeMs : Math.max(0, atMs - toldAtMs);
  const role = { ...before, facts, factsAgeMs };
  const isFitter = FITNESS[fitnessOf(role, settings)] > FITNESS[fitnessOf(before, settings)];
  const isServing = compareServed(facts.services, before.facts.services) > 0;
  const isBetter = isFitter || isServing || targetsMet(facts) > targetsMet(before.facts);
  return { ...role, improvedAtMs: isBetter ? atMs : before.improvedAtMs };
}

function tickNoted(before: Role, atMs: number, settings: Settings): Role {
  const { state, tickedAtMs } = before;
  const heedMs = attentiveMs(tickedAtMs, atMs, settings);
  const listening = state.name === 'initial' ? { ...state, listenedMs: state.listenedMs + heedMs } : state;
  const factsAgeMs = before.factsAgeMs + heedMs;
  const peer = waited(before.peer, tickedAtMs, atMs, settings);
  const role = { ...before, state: listening, tickedAtMs: atMs, factsAgeMs, peer };
  return { ...role, lasting: lastingSince(role, atMs, settings) };
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

function whyInop(role: Role, atMs: number, settings: Settings): string | undefined {
  const { stopping, facts, peer } = role;
  if (stopping) return 'stopping';
  if (facts.downLinks.length > 0) return `link down: ${facts.downLinks.join(', ')}`;
  if (facts.ready && facts.unguarded?.length) return `no data path on ${facts.unguarded.join(', ')}`;
  if (!isAlive(peer, settings) && facts.stations > 0 && hearsNobody(peer.ears))
    return `hears nobody: neither ${settings.peer} nor any other station`;
  if (facts.ready && hasLasted(role, 'outdone', settings.poorHoldMs, atMs))
    return `${whyPoor(facts) ?? 'not fit'}, while ${settings.peer} is fit`;
  const halfDead = facts.ready && isPeerFit(peer, settings) ? whyHalfDead(role, settings) : undefined;
  if (halfDead !== undefined) return `${halfDead}, while ${settings.peer} is fit`;
  return isIsolated(facts) && mayBeSplitOff(peer, settings)
    ? `cut off: no reach target answers, and ${settings.peer} is silent`
    : undefined;
}

/** Whether the peer could lead at once. One that is out of operation for want of something else could not. */
function isPeerFit(peer: Peer, settings: Settings): boolean {
  return isAlive(peer, settings) && peer.standing.fitness === 'fit' && peer.standing.state !== 'inop';
}

/**
 * Of two sides of a split network, one that meets no reach target is not where the clients are. Without this rule both
 * would lead for as long as the split lasts; with it, only where each side has a target.
 */
function isIsolated({ targets }: Facts): boolean {
  const verdicts = Object.values(targets);
  return verdicts.length > 0 && !verdicts.includes(true);
}
