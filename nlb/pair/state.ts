import type { Fitness, Standing, StateName } from './beat.ts';
import type { Peer } from './peer.ts';
import type { Settings } from './settings.ts';

/** The words of the role: its states, what happens to it, what it has done. The machine itself is in `role.ts`. */
export type State =
  | { name: 'initial'; listenMs: number; listenedMs: number }
  | { name: 'standby'; resignedUntilMs: number; claimUntilMs: number }
  | { name: 'active'; leaseEndsMs: number }
  | { name: 'inop' };
export type In<Name extends StateName> = Role<Extract<State, { name: Name }>>;

export interface Role<S extends State = State> {
  state: S;
  sinceMs: number;
  reason: string;
  /** When the last tick was. */
  tickedAtMs: number;
  facts: Facts;
  /** When this node last became fitter to lead. */
  improvedAtMs: number;
  /** The peer is about to lead: until when this node does not. */
  heldUntilMs: number;
  /** Since when this node has no healthy server while its peer has one. */
  poorSinceMs?: number;
  stopping: boolean;
  peer: Peer;
}

/** What the rest of the daemon knows. */
export interface Facts {
  /** The data path is in place, and the servers have been looked at. */
  ready: boolean;
  downLinks: readonly string[];
  healthyServers: number;
}

export type Event =
  | { type: 'Ticked'; atMs: number }
  | { type: 'Heard'; atMs: number; from: Standing }
  | { type: 'Refused'; atMs: number }
  | { type: 'AddressAnswered'; atMs: number; mac: string }
  /** The peer itself asked for the address, so it is about to lead. */
  | { type: 'AddressAsked'; atMs: number }
  | { type: 'FactsChanged'; atMs: number; facts: Facts }
  | { type: 'AskedToLead'; atMs: number }
  | { type: 'AskedToStandBy'; atMs: number }
  | { type: 'AskedToStop'; atMs: number };

/** What to do, in this order. `renewLease` is until the new state's `leaseEndsMs`. */
export type Effect = 'renewLease' | 'dropLease' | 'addAlias' | 'removeAlias' | 'announce' | 'askAddress' | 'beat';

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
  refusal?: string;
}

/**
 * Leaving active lets go of the lease before anything else, and says so three times, because a lost beat would cost the
 * peer an interval; entering it takes the lease before the address.
 */
export function enter(role: Role, state: State, reason: string, atMs: number): Step {
  const leaving: Effect[] = role.state.name === 'active' ? ['dropLease', 'removeAlias', 'beat', 'beat'] : [];
  const entering: Effect[] = state.name === 'active' ? ['renewLease', 'addAlias', 'announce'] : [];
  return {
    role: { ...role, state, reason, sinceMs: atMs },
    effects: [...leaving, ...entering, 'beat'],
    entered: [{ state: state.name, previous: role.state.name, reason, atMs }],
  };
}

export function stay(role: Role, effects: Effect[] = []): Step {
  return { role, effects, entered: [] };
}

export function lead(role: Role, reason: string, atMs: number, { leaseMs }: Settings): Step {
  return enter(role, { name: 'active', leaseEndsMs: atMs + leaseMs }, reason, atMs);
}

export function standBy(resignedUntilMs = 0): State {
  return { name: 'standby', resignedUntilMs, claimUntilMs: 0 };
}

/** The state that a node starts anew in: it listens until a leader must have been heard. */
export function relisten({ deadAfterMs }: Settings): State {
  return { name: 'initial', listenMs: deadAfterMs, listenedMs: 0 };
}

export function fitnessBy({ ready, downLinks, healthyServers }: Facts): Fitness {
  if (!ready || downLinks.length > 0) return 'out';
  return healthyServers > 0 ? 'fit' : 'poor';
}

/** What this node says of itself. */
export function standing({ state, facts, stopping, peer }: Role, atMs: number, { primary }: Settings): Standing {
  const aside = state.name === 'standby' && peer.standing?.state !== 'active';
  return {
    state: state.name,
    fitness: stopping ? 'out' : fitnessBy(facts),
    primary,
    resigned: aside && atMs < state.resignedUntilMs,
    claims: state.name === 'standby' && atMs < state.claimUntilMs,
  };
}
