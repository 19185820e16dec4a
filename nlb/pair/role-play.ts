import type { Standing } from './beat.ts';
import { begin, nextTickInMs, step } from './role.ts';
import type { Settings } from './settings.ts';
import type { Effect, Event, Facts, Heard, Role, Step } from './state.ts';

/** What the literal tests of the role are written in: events, and nodes in each state. */
export const settings: Settings = {
  node: 'nlb1',
  peer: 'nlb2',
  primary: true,
  lowerAddress: true,
  intervalMs: 10,
  deadAfterMs: 40,
  leaseMs: 30,
  headStartMs: 250,
  poorHoldMs: 500,
  reachHoldMs: 200,
  recovery: 'manual',
  holdDownMs: 1000,
  holdDownMaxMs: 8000,
  /** Facts are reported once in these tests. */
  staleAfterMs: Number.POSITIVE_INFINITY,
  letGoMs: 1000,
  completeMs: 500,
};
const peerIs = (change: Partial<Standing> = {}): Standing => ({
  state: 'standby',
  fitness: 'fit',
  primary: false,
  resigned: false,
  requestsLead: false,
  wantsFailback: false,
  targetsMet: 0,
  leaseMs: 30,
  ...change,
});
export const sound: Facts = {
  ready: true,
  downLinks: [],
  healthyServers: 2,
  services: { dead: 0, scarce: 0 },
  stations: 0,
  targets: {},
};
export const ready: Event = { type: 'FactsChanged', atMs: 0, facts: sound };
export const heard = (atMs: number, change?: Partial<Standing>): Heard => ({
  type: 'Heard',
  atMs,
  from: peerIs(change),
});
export const tick = (atMs: number): Event => ({ type: 'Ticked', atMs });
export const answered = (atMs: number): Event => ({ type: 'AddressAnswered', atMs, mac: '02:00:00:00:00:02' });

/** Steps through events; what was done and entered in all of them, and where it ended. */
export function play(start: Role, events: readonly Event[], with_: Settings = settings): Step {
  let all: Step = { role: start, effects: [], entered: [] };
  for (const event of events) {
    const next = step(all.role, event, with_);
    all = { ...next, effects: [...all.effects, ...next.effects], entered: [...all.entered, ...next.entered] };
  }
  return all;
}

/** Ticks as the thread would make them, up to and including `untilMs`. */
export function ticked(start: Role, untilMs: number, with_: Settings = settings): Step {
  let all = play(start, []);
  for (;;) {
    const atMs = all.role.tickedAtMs + nextTickInMs(all.role, with_);
    if (atMs > untilMs) return all;
    const next = step(all.role, tick(atMs), with_);
    all = { ...next, effects: [...all.effects, ...next.effects], entered: [...all.entered, ...next.entered] };
  }
}

export const fresh = (with_ = settings) => play(begin(0, with_), [ready], with_).role;
export const active = () =>
  play(fresh(), [
    heard(1, { state: 'initial' }),
    ...[10, 20, 30, 35, 40].map(tick),
    heard(41, { state: 'initial' }),
    ...[42, 43, 44, 45].map(tick),
  ]).role;
export const standby = () => play(fresh(), [heard(5, { state: 'active' })]).role;
export const states = ({ entered }: Step) => entered.map(({ state }) => state);
export const count = (effects: Effect[], effect: Effect) => effects.filter((each) => each === effect).length;

/** A standby whose peer has long known how fit it is. */
export const settled = (with_ = settings) =>
  play(fresh(with_), [heard(5, { state: 'active' }), tick(40), heard(41, { state: 'active', primary: !with_.primary })])
    .role;
