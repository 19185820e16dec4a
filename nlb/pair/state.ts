import type { Acknowledged } from './acknowledged.ts';
import type { Fitness, Standing, StateName } from './beat.ts';
import type { BadlyServed, Extension } from './extension.ts';
import { type HoldDown, holdDownFrom } from './hold-down.ts';
import type { Lasting } from './lasting.ts';
import { hasLetGo, type Peer } from './peer.ts';
import type { Settings } from './settings.ts';

/** The types of the role: its states, events and effects. The machine itself is in `role.ts`. */
export type State =
  | { name: 'initial'; listenMs: number; listenedMs: number }
  /** `isForced`: the lead is requested whatever becomes of connections. */
  | { name: 'standby'; resignedUntilMs: number; requestUntilMs: number; isForced?: true }
  /**
   * `told`: since the last tick, a peer that leads as well has been told of this lead. `completing`: it is about to let go.
   * `whyKept`: why it did not let go when it last was.
   */
  | { name: 'active'; leaseEndsMs: number; told?: true; completing?: Completing; whyKept?: string }
  | { name: 'inop' };
/** The log is completed before the lead is let go of; see `handover.ts`. */
export interface Completing {
  untilMs: number;
  reason: string;
  /** It is let go of even if the log is not complete. */
  isForced: boolean;
  setsAside: boolean;
}
export type In<Name extends StateName> = Role<Extract<State, { name: Name }>>;

export interface Role<S extends State = State> {
  state: S;
  sinceMs: number;
  reason: string;
  /** When the last tick was. */
  tickedAtMs: number;
  facts: Facts;
  /** How long ago the main thread reported them last; time in which this thread itself was stalled does not count. */
  factsAgeMs: number;
  /** When this node last became fitter to lead. */
  improvedAtMs: number;
  /** When this node last woke, having stood still for so long that the peer may have started anew, and led. */
  wokeAtMs: number;
  /** The peer is about to lead: until when this node does not. */
  deferUntilMs: number;
  /** When that began: it does not go on for ever. */
  deferringSinceMs: number;
  /** When the peer last asked for the address; the beginning of time where it has said since that it leads, or this node has entered a state. */
  peerAskedAtMs: number;
  lasting: Lasting;
  holdDown: HoldDown;
  /** The operator put this node aside, so it does not have the lead back by itself. */
  setAside: boolean;
  stopping: boolean;
  peer: Peer;
}

/** What the rest of the daemon knows. */
export interface Facts {
  /** The data path is in place, and the servers have been looked at. */
  ready: boolean;
  downLinks: readonly string[];
  /** Interfaces that are there without our data path, so that the node's own stack gets what comes by them. */
  unguarded?: readonly string[];
  /** Further interfaces that are not there: what is behind them is not served. */
  absent?: readonly string[];
  healthyServers: number;
  /** How many services are badly served here. */
  services: BadlyServed;
  /** Whom else than the peer this node can ask on its subnets, to know that it hears anybody at all. */
  stations: number;
  /** The reach targets by name, and whether each is met. One that has yet to be judged is absent. */
  targets: Readonly<Record<string, boolean>>;
  /** Why the passes of the main thread fail, once they have failed again and again. */
  passFailure?: string;
  /** Addresses that belong on this node and that its kernel refuses: of the cluster's on the loopback, and the NLBS address. */
  refusedClusters?: readonly string[];
  refusedAlias?: readonly string[];
  /** Absent where this node takes no part in sync. While it leads: whether the peer is in step. */
  sync?: { isPeerInStep: boolean };
}

/** A beat of the peer that is news. What it says beyond its standing is absent where it does not say that. */
export interface Heard {
  type: 'Heard';
  atMs: number;
  from: Standing;
  extension?: Extension;
  acknowledged?: Acknowledged;
}

export type Event =
  | { type: 'Ticked'; atMs: number }
  | Heard
  | { type: 'Refused'; atMs: number }
  /** The witness, and nobody else, answered for the address. */
  | { type: 'AddressAnswered'; atMs: number; mac: string }
  /** It has become known who the witness is: what was asked before, nobody could answer. */
  | { type: 'WitnessFound'; atMs: number; mac: string }
  /** The peer's host answered for its own address. */
  | { type: 'PeerPresent'; atMs: number }
  /** By the peer's hardware address, everybody was asked for the address: it is about to lead. */
  | { type: 'AddressAsked'; atMs: number }
  /** Somebody else than this node was heard on one of its subnets, other than by a beat. */
  | { type: 'StationHeard'; atMs: number }
  /** The lease that the role believed to hold was over when it was to be renewed. */
  | { type: 'LeaseLost'; atMs: number; why: string }
  /** `reportedAtMs`: when the main thread reported them; absent where the beat thread found out itself. */
  | { type: 'FactsChanged'; atMs: number; facts: Facts; reportedAtMs?: number }
  /** The log that was to be completed is, or cannot be, because the peer is no longer in step. */
  | { type: 'LogCompleted'; atMs: number; isInStep: boolean }
  /** `force`: even if connections are lost. */
  | { type: 'AskedToLead'; atMs: number; force?: true }
  | { type: 'AskedToStandBy'; atMs: number; force?: true }
  | { type: 'AskedToStop'; atMs: number };

/**
 * What to do, in this order. `renewLease` is until the new state's `leaseEndsMs`; `fence` orders the data path of one that led
 * and is silent to forward no more. `askAddress` asks the witness, and lets the peer know that this node is about
 * to lead; `askPeer` asks whether the peer's host is there, `askStations` who else is on the two subnets. `completeLog` has
 * the sync thread log nothing new and say when all is acknowledged; `keepLog` has it go on.
 */
export type Effect =
  | 'renewLease'
  | 'dropLease'
  | 'addAlias'
  | 'removeAlias'
  | 'fence'
  | 'announce'
  | 'askAddress'
  | 'askPeer'
  | 'askStations'
  | 'completeLog'
  | 'keepLog'
  | 'beat';

export interface Entry {
  state: StateName;
  previous: StateName;
  reason: string;
  atMs: number;
}

export interface Step {
  role: Role;
  effects: Effect[];
  /** The states entered, in order. */
  entered: Entry[];
  /** Why a request was not granted. */
  whyNotGranted?: string;
}

/**
 * Leaving active lets go of the lease before anything else, and says so three times, because a lost beat would cost the
 * peer an interval; entering it takes the lease before the address, and, as with each renewal, beats before the lease: a
 * node that stalls in between has promised its peer a longer wait than it has granted itself a lease.
 */
export function enter(role: Role, state: State, reason: string, atMs: number, fence: Effect[] = []): Step {
  const leaving: Effect[] = role.state.name === 'active' ? ['dropLease', 'removeAlias', 'beat', 'beat'] : [];
  const entering: Effect[] = state.name === 'active' ? ['beat', ...fence, 'renewLease', 'addAlias', 'announce'] : [];
  return {
    role: { ...role, state, reason, sinceMs: atMs, peerAskedAtMs: Number.NEGATIVE_INFINITY },
    effects: [...leaving, ...entering, 'beat'],
    entered: [{ state: state.name, previous: role.state.name, reason, atMs }],
  };
}

export function stay(role: Role, effects: Effect[] = []): Step {
  return { role, effects, entered: [] };
}

/**
 * A peer that did not let go is fenced before this node has a lease, whether its host refuses beats or not, which anybody can forge. Its
 * data path knows whether its daemon is gone for good: then it forwards to the end of its time all the same. Otherwise nobody forwards from
 * the fence to the announcement, so nothing is done between the two that can be done before.
 */
export function lead(role: Role, reason: string, atMs: number, settings: Settings): Step {
  const asked = role.state.name === 'standby' && atMs < role.state.requestUntilMs;
  const holdDown = asked ? { ...role.holdDown, untilMs: atMs } : holdDownFrom(role.holdDown, atMs, settings);
  const leading = { ...role, facts: ofNewLead(role.facts), holdDown, setAside: false };
  const fence: Effect[] = hasLetGo(role.peer, settings) ? [] : ['fence'];
  return enter(leading, { name: 'active', leaseEndsMs: atMs + settings.leaseMs }, reason, atMs, fence);
}

/** Nobody is in step with a lead that has just begun. */
function ofNewLead({ sync, ...facts }: Facts): Facts {
  return sync === undefined ? facts : { ...facts, sync: { isPeerInStep: false } };
}

export function standBy(resignedUntilMs = 0): State {
  return { name: 'standby', resignedUntilMs, requestUntilMs: 0 };
}

/** The state that a node starts anew in: it listens until a leader must have been heard. */
export function relisten({ deadAfterMs }: Settings): State {
  return { name: 'initial', listenMs: deadAfterMs, listenedMs: 0 };
}

function fitnessBy(facts: Facts): Fitness {
  const { ready, downLinks, unguarded = [] } = facts;
  if (!ready || downLinks.length > 0 || unguarded.length > 0) return 'out';
  return whyPoor(facts) === undefined ? 'fit' : 'poor';
}

/** Why this node makes way for a peer that is fit, and for no other; in words. */
export function whyPoor(facts: Facts): string | undefined {
  const { healthyServers, absent = [] } = facts;
  if (healthyServers === 0) return 'no server is healthy here';
  if (absent.length > 0) return `there is no interface ${absent.join(', ')} here`;
  const refused = refusedAddresses(facts);
  return refused.length > 0 ? `the kernel refuses ${refused.join(', ')}` : undefined;
}

export function refusedAddresses({ refusedAlias = [], refusedClusters = [] }: Facts): string[] {
  return [...refusedAlias, ...refusedClusters];
}

/** Fitness by all that is known: facts that are too old, or that come with failing passes, are not those of a fit node. */
export function fitnessOf(role: Role, settings: Settings): Fitness {
  if (role.stopping || role.state.name === 'inop') return 'out';
  const fitness = fitnessBy(role.facts);
  return fitness === 'fit' && whyHalfDead(role, settings) !== undefined ? 'poor' : fitness;
}

/** What is wrong with the main thread of this node, which looks at servers and targets and writes the tables. */
export function whyHalfDead({ facts, factsAgeMs }: Role, { staleAfterMs }: Settings): string | undefined {
  if (factsAgeMs > staleAfterMs) return `nothing is heard of the main thread for ${Math.round(factsAgeMs)} ms`;
  return facts.passFailure === undefined ? undefined : `passes fail: ${facts.passFailure}`;
}

export function targetsMet({ targets }: Pick<Facts, 'targets'>): number {
  return Object.values(targets).filter(Boolean).length;
}

/** It has targets, and none of them answers. */
export function meetsNoTarget({ targets }: Pick<Facts, 'targets'>): boolean {
  const verdicts = Object.values(targets);
  return verdicts.length > 0 && !verdicts.includes(true);
}

/** Whoever hears of a lease waits for its end, also one who knows version 3 alone. */
export function withLeaseKept({ leaseMs, ...said }: Standing, keptMs: number): Standing {
  return { ...said, leaseMs: Math.max(leaseMs, keptMs) };
}

/** What this node says of itself. */
export function standing(role: Role, atMs: number, settings: Settings): Standing {
  const { state, facts, peer } = role;
  const { primary, recovery, leaseMs } = settings;
  const fitness = fitnessOf(role, settings);
  const aside = state.name === 'standby' && peer.standing?.state !== 'active';
  return {
    state: state.name,
    fitness,
    primary,
    resigned: aside && atMs < state.resignedUntilMs,
    requestsLead: state.name === 'standby' && atMs < state.requestUntilMs,
    wantsFailback:
      state.name === 'standby' && primary && recovery === 'automatic' && fitness === 'fit' && !role.setAside,
    targetsMet: targetsMet(facts),
    leaseMs,
  };
}
