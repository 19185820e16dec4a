import type { StateName } from '../beat.ts';
import type { Effect } from '../state.ts';
import type { Agenda } from './agenda.ts';
import { openChance } from './chance.ts';
import { opposite, SIDES, type Side } from './network.ts';
import type { Node } from './world.ts';

/**
 * The sync threads of both nodes, as far as the lead depends on them. Some time after one leads and the other stands by, that
 * one is in step; it drops out when it dies, stands still or leaves standby, and at random.
 */
export interface Sync {
  takesPart(side: Side): boolean;
  entered(side: Side, state: StateName): void;
  run(side: Side, effect: SyncEffect): void;
  /** Of that node's lead. */
  reign(side: Side): number;
  /** What is true: the log of that node, which is about to let go, is complete. */
  isLogComplete(side: Side): boolean;
  /** How many faults keep a standby from being in step, and a log from being completed. */
  readonly faults: { outOfStep: number; logStuck: number };
}

export type SyncEffect = Extract<Effect, 'completeLog' | 'keepLog'>;

/** One lead of a node. */
interface Lead {
  reign: number;
  /** When the life of the other that stands by joined, and whether it is in step by now. */
  joined?: { life: number; inStepAtMs: number };
  isInStep: boolean;
  /** Which attempt to complete the log goes on; 0 for none. */
  attempt: number;
  isComplete: boolean;
}

const LOOK_EVERY_MS = 5;
/** From joining to being in step. */
const JOINS_WITHIN_MS = [1, 80] as const;
/** From the order to complete the log to the answer. */
const COMPLETES_WITHIN_MS = [0.2, 40] as const;

export function openSync(agenda: Agenda, nodes: readonly [Node, Node], sides: readonly Side[], seed: number): Sync {
  const chance = openChance(seed ^ 0x2545f491);
  const leads: [Lead?, Lead?] = [];
  const faults = { outOfStep: 0, logStuck: 0 };
  let [reigns, attempts] = [0, 0];

  /** By a message of another thread, which comes too late where another lead has begun. */
  const notify = (side: Side, lead: Lead, news: () => void) =>
    nodes[side].daemon?.loop.post(() => leads[side] === lead && news());

  const isStandingBy = ({ daemon, host }: Node): boolean =>
    daemon?.role.state.name === 'standby' && !daemon.loop.isHalted() && !host.isPaused();

  function look(side: Side, lead: Lead): void {
    const standby = nodes[opposite(side)];
    const { joined } = lead;
    if (faults.outOfStep > 0 || !isStandingBy(standby)) delete lead.joined;
    else if (joined?.life !== standby.lives)
      lead.joined = { life: standby.lives, inStepAtMs: agenda.nowMs() + chance.between(...JOINS_WITHIN_MS) };
    const isInStep = lead.joined !== undefined && agenda.nowMs() >= lead.joined.inStepAtMs;
    if (isInStep === lead.isInStep) return;
    lead.isInStep = isInStep;
    notify(side, lead, () => nodes[side].daemon?.inStepChanged(isInStep));
  }

  function lookAgain(): void {
    for (const side of SIDES) {
      const lead = leads[side];
      if (lead) look(side, lead);
    }
    agenda.at(agenda.nowMs() + LOOK_EVERY_MS, lookAgain);
  }
  if (sides.length === SIDES.length) lookAgain();

  function answer(side: Side, lead: Lead, attempt: number): void {
    if (leads[side] !== lead || lead.attempt !== attempt) return;
    const { isInStep } = lead;
    if (isInStep && faults.logStuck > 0) {
      later(() => answer(side, lead, attempt));
      return;
    }
    lead.isComplete = isInStep;
    notify(side, lead, () => lead.attempt === attempt && nodes[side].daemon?.logCompleted(isInStep));
  }
  const later = (what: () => void) => agenda.at(agenda.nowMs() + chance.between(...COMPLETES_WITHIN_MS), what);

  return {
    faults,
    takesPart: (side) => sides.includes(side),
    entered: (side, state) => {
      if (state === 'active') leads[side] = { reign: ++reigns, isInStep: false, attempt: 0, isComplete: false };
      else delete leads[side];
    },
    run: (side, effect) => {
      const lead = leads[side];
      if (!lead) return;
      lead.isComplete = false;
      lead.attempt = effect === 'completeLog' ? ++attempts : 0;
      const { attempt } = lead;
      if (attempt > 0) later(() => answer(side, lead, attempt));
    },
    reign: (side) => leads[side]?.reign ?? 0,
    isLogComplete: (side) => leads[side]?.isComplete === true,
  };
}
