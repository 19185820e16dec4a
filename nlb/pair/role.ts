import { deferToPeer, endDeferring, isYielding, NEVER } from './election.ts';
import { isStoppingLater } from './handover.ts';
import { noHoldDown } from './hold-down.ts';
import { hasLasted, lastingSince } from './lasting.ts';
import {
  answered,
  deadAfter,
  heard,
  isAlive,
  isRefusing,
  isSuspect,
  listenedMs,
  mayBeSplitOff,
  type Peer,
  unheardSince,
  waited,
} from './peer.ts';
import { compareServed, FITNESS } from './rank.ts';
import { askedAround, heardSomebody, hearsNobody, isRoundDue, untried } from './reception.ts';
import type { Settings } from './settings.ts';
import {
  type Event,
  enter,
  fitnessOf,
  type In,
  meetsNoTarget,
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
 *
 * Within active, where both take part in sync: what makes a node inop goes on at once all the same.
 *
 *           asked to stand by, peer asked to lead, failback, better there, stopping;
 *           where it is not forced: the peer is in step                                  log completed, or forced and time over
 *   leading ─────────────────────────────────────────────────────────────► completing ────────────────────────────────────► standby
 *      ▲                                                                       │                                  (stopping: inop)
 *      └── the log cannot be completed, `completeMs` over, or the peer gone ───┘
 *
 * Within initial and standby:
 *
 *             listened until 2 intervals before the end (initial);        3 unanswered, and the peer is gone, or does
 *             peer silent for 2 intervals, or it does not lead                not lead and this node outranks it
 *             and this node outranks it (standby)
 *   waiting ─────────────────────────────────────────────────► asking ──────────────────────────────────────────────► active
 *      ▲                                                        │ ▲ │
 *      └────────── the peer is heard, or the witness answers ───┘ │ │ the peer asks, too
 *                                                                 │ ▼
 *                    `deferUntilMs`, or the peer leads: it ends ─ deferring   (the higher address asks no more meanwhile)
 *
 * What may hold besides, each by itself:
 *
 *   resigned              from letting go in favour of the peer    until `resignedUntilMs`, or the peer leads
 *   requesting the lead   from `nlbctl takeover` on a standby      until `requestUntilMs`, or this node leads
 *   set aside             from being asked to stand by, or         until this node leads, or is asked to
 *                         letting a peer lead that asked to
 *   held down             from taking the lead                     until `holdDown.untilMs`: lets go for need alone
 *   peer does not hear us from a lease and an interval without     until it does: it is neither asked for the lead nor
 *                         its word that it heard one of our beats  handed it; of two that lead, this node yields
 *   hears nobody          from 10 rounds of unanswered questions   until a station answers: inop
 *   forced                from `nlbctl takeover --force` on a       as long as it requests the lead, or completes its log
 *                         standby, `standby --force` on an active
 *   inherited lease       from a start with address and lease      until the first state is entered, the peer leads, or
 *                         of an earlier life (beat/thread.ts)      the lease ends; kept by an active alone
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
 * beat, because there may be no other tick before the silence is long enough, and with each tick for as long as it stands. A
 * standby asks with each question for the NLBS address, too, for the refusal may come last: Linux sends one a second.
 */
function asking({ peer }: Role, next: Step, { type }: Event, settings: Settings): Step {
  const isDue = type === 'Ticked' || (type === 'Refused' && !peer.refused);
  const { peer: after, state } = next.role;
  const isTakingOver = state.name === 'standby' && isSuspect(after, settings);
  if (!isDue || !(isTakingOver || isRefusing(after, settings))) return next;
  return { ...next, effects: [...next.effects, 'askPeer'] };
}

/** While the peer is silent, whoever else is there is asked, to know whether this node hears anybody. */
function listening(next: Step, { type, atMs }: Event, settings: Settings): Step {
  const { facts, peer } = next.role;
  const isAsking = type === 'Ticked' && facts.stations > 0 && isSuspect(peer, settings);
  if (!isAsking || !isRoundDue(peer.reception, atMs, settings.intervalMs)) return next;
  const role = { ...next.role, peer: { ...peer, reception: askedAround(peer.reception, atMs) } };
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
    wokeAtMs: NEVER,
    deferUntilMs: atMs,
    deferringSinceMs: NEVER,
    peerAskedAtMs: NEVER,
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
    peer: unheardSince(atMs),
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

/** What an event says, whatever the state. */
function noted(role: Role, event: Event, settings: Settings): Role {
  switch (event.type) {
    case 'Heard':
      return endDeferring({ ...role, peer: heard(role.peer, event, settings) }, event.from, event.atMs, settings);
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
      return deferToPeer(role, event.atMs, settings);
    case 'StationHeard':
      return { ...role, peer: { ...role.peer, reception: heardSomebody(role.peer.reception) } };
    case 'FactsChanged':
      return factsNoted(role, event, settings);
    case 'AskedToStop':
      return { ...role, stopping: true };
    default:
      return role;
  }
}

type FactsChanged = Extract<Event, { type: 'FactsChanged' }>;

function factsNoted(before: Role, { facts, atMs, reportedAtMs }: FactsChanged, settings: Settings): Role {
  const factsAgeMs = reportedAtMs === undefined ? before.factsAgeMs : Math.max(0, atMs - reportedAtMs);
  const role = { ...before, facts, factsAgeMs };
  const isFitter = FITNESS[fitnessOf(role, settings)] > FITNESS[fitnessOf(before, settings)];
  const isServing = compareServed(facts.services, before.facts.services) > 0;
  const isBetter = isFitter || isServing || targetsMet(facts) > targetsMet(before.facts);
  // Whom it could not hear for want of a link, it may hear now.
  const isLinked = facts.downLinks.length < before.facts.downLinks.length;
  const peer = isLinked ? { ...role.peer, reception: untried } : role.peer;
  return { ...role, peer, improvedAtMs: isBetter ? atMs : before.improvedAtMs };
}

function tickNoted(before: Role, atMs: number, settings: Settings): Role {
  const { state, tickedAtMs } = before;
  const awakeMs = listenedMs(tickedAtMs, atMs, settings);
  const listening = state.name === 'initial' ? { ...state, listenedMs: state.listenedMs + awakeMs } : state;
  const factsAgeMs = before.factsAgeMs + awakeMs;
  const peer = waited(before.peer, tickedAtMs, atMs, settings);
  const wokeAtMs = atMs - tickedAtMs > deadAfter(peer, settings) ? atMs : before.wokeAtMs;
  const role = { ...before, state: listening, tickedAtMs: atMs, factsAgeMs, wokeAtMs, peer };
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

/**
 * Of two sides of a split network, one that meets no reach target is not where the clients are. Without this rule both
 * would lead for as long as the split lasts; with it, only where each side has a target.
 */
function whyInop(role: Role, atMs: number, settings: Settings): string | undefined {
  const { stopping, facts, peer } = role;
  if (stopping && !isCompletingLog(role, atMs, settings)) return 'stopping';
  if (facts.downLinks.length > 0) return `link down: ${facts.downLinks.join(', ')}`;
  if (facts.ready && facts.unguarded?.length) return `no data path on ${facts.unguarded.join(', ')}`;
  if (!isAlive(peer, settings) && facts.stations > 0 && hearsNobody(peer.reception))
    return `hears nobody: neither ${settings.peer} nor any other station`;
  // What has lasted was looked at with the last tick, and may be cured since.
  const poor = facts.ready ? whyPoor(facts) : undefined;
  if (poor !== undefined && hasLasted(role, 'onlyPeerIsFit', settings.poorHoldMs, atMs))
    return `${poor}, while ${settings.peer} is fit`;
  const halfDead = facts.ready && isPeerFit(peer, settings) ? whyHalfDead(role, settings) : undefined;
  if (halfDead !== undefined) return `${halfDead}, while ${settings.peer} is fit`;
  return meetsNoTarget(facts) && mayBeSplitOff(peer, settings)
    ? `cut off: no reach target answers, and ${settings.peer} is silent`
    : undefined;
}

/** Whether the peer could lead at once. One that is out of operation for want of something else could not. */
function isPeerFit(peer: Peer, settings: Settings): boolean {
  return isAlive(peer, settings) && peer.standing.fitness === 'fit' && peer.standing.state !== 'inop';
}

function isCompletingLog(role: Role, atMs: number, settings: Settings): boolean {
  const { state } = role;
  return state.name === 'active' && isStoppingLater({ ...role, state }, atMs, settings);
}
