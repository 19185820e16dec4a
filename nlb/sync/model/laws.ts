import type { HeldPacket } from '../effects.ts';
import { type FlowName, isSame, type LogRecord, type ServerName } from '../records.ts';
import { answer, apply, emptyRule, type Rule } from '../rule.ts';
import type { Program } from './data-path.ts';
import { type Node, slotsOf, unexplained } from './node.ts';
import { entriesOf, leaderOf, otherOf, type Scene } from './state.ts';
import { poolSlotOf, SLOTS } from './surroundings.ts';
import { FLOWS, LawBroken } from './truth.ts';

/** What must hold in every history; each broken law throws at once. */
export interface Laws {
  /** A node leads from now on, by this rule. */
  begins(rule: Rule): void;
  logged(record: LogRecord, number: number): void;
  afterStep(): void;
  /** A datagram has been looked at. */
  received(): void;
  timePassed(sliceMs: number): void;
  takesOver(rule: Rule, node: Node, wasInStep: boolean): void;
  releases(node: Node, packet: HeldPacket, server: ServerName): void;
  reads(node: Node, program: Program): void;
  /** What there was to judge. */
  readonly counts: Counts;
}

export interface Counts {
  takeovers: number;
  /** Of these, by a standby that was in step. */
  inStep: number;
  sets: number;
  adds: number;
  dels: number;
  /** Held packets that went on. */
  released: number;
}

const copied = ({ selections, exceptions }: Rule): Rule => {
  const rule = { ...emptyRule(SLOTS), exceptions: new Map(exceptions) };
  for (const flow of FLOWS) {
    const { pool, slot } = poolSlotOf(flow);
    rule.selections.put(rule.selections.slotOf(pool, slot), selections.serverAt(selections.slotOf(pool, slot)));
  }
  return rule;
};

const serverIn = (rule: Rule, flow: FlowName): ServerName | undefined => {
  const { pool, slot } = poolSlotOf(flow);
  return answer(rule, flow, rule.selections.slotOf(pool, slot));
};

export function openLaws(world: Scene): Laws {
  /** The leader's rule as the last acknowledged record leaves it, and what is logged beyond. */
  let acknowledged = emptyRule(SLOTS);
  let pending: LogRecord[] = [];
  let ruleAtBegin = acknowledged;
  let all: LogRecord[] = [];
  const counts: Counts = { takeovers: 0, inStep: 0, sets: 0, adds: 0, dels: 0, released: 0 };
  const status = () => leaderOf(world).active?.status();

  const absorb = (): void => {
    const now = status();
    if (!now) return;
    for (const record of pending.splice(0, pending.length - (now.tip - now.granted))) apply(acknowledged, record);
  };

  /** Properties 1 and 3. */
  function everyPrefixExplains(): void {
    const rule = copied(acknowledged);
    explains(rule, 'acknowledged');
    for (const [index, record] of pending.entries()) {
      apply(rule, record);
      explains(rule, `record ${index + 1} after it`);
    }
  }

  function explains(rule: Rule, prefix: string): void {
    for (const [flow, { server }] of world.truth.live)
      if (serverIn(rule, flow) !== server)
        throw new LawBroken(`${flow} is at ${server}, and the rule up to ${prefix} says ${serverIn(rule, flow)}`);
    for (const { flow, server } of entriesOf(world))
      if (serverIn(rule, flow) !== server)
        throw new LawBroken(`the entry of ${flow} says ${server}, the rule up to ${prefix} ${serverIn(rule, flow)}`);
  }

  /** Property 4. */
  function standbyIsAtPrefix(): void {
    const [now, receiver] = [status(), otherOf(world).receiver];
    const session = receiver?.session();
    if (!now || !receiver?.isJoined() || !isSame(now.session, session)) return;
    const count = all.length - (now.tip - receiver.applied());
    const rule = copied(ruleAtBegin);
    for (const record of all.slice(0, count)) apply(rule, record);
    const has = receiver.rule();
    for (const flow of FLOWS)
      if (serverIn(rule, flow) !== serverIn(has, flow) || rule.exceptions.get(flow) !== has.exceptions.get(flow))
        throw new LawBroken(
          `${flow}: the standby has applied ${receiver.applied()} records and says ${serverIn(has, flow)}`,
        );
  }

  return {
    counts,
    begins: (rule) => {
      [acknowledged, ruleAtBegin] = [copied(rule), copied(rule)];
      [pending, all] = [[], []];
    },
    logged: (record) => {
      counts[`${record.type}s`]++;
      pending.push(record);
      all.push(record);
    },
    afterStep: () => {
      absorb();
      if (leaderOf(world).active) everyPrefixExplains();
    },
    received: standbyIsAtPrefix,
    timePassed: (sliceMs) => {
      const bound = world.machine.settings.holdMs + sliceMs;
      for (const sinceMs of leaderOf(world).heldMs.values())
        if (world.nowMs - sinceMs > bound)
          throw new LawBroken(`a packet has been held for ${world.nowMs - sinceMs} ms`);
    },
    takesOver: (rule, node, wasInStep) => {
      counts.takeovers++;
      if (wasInStep) counts.inStep++;
      const [flow] = wasInStep ? unexplained(rule, node, world.truth) : [];
      if (flow)
        throw new LawBroken(`taken over, and ${flow} is not where ${world.truth.live.get(flow)?.server} has it`);
    },
    releases: (node, { flow, slot }, server) => {
      counts.released++;
      if (!node.path.slots.get(slot)?.isHeld) return;
      absorb();
      if (acknowledged.exceptions.get(flow) !== server)
        throw new LawBroken(`${flow} left a held slot, and no exception of it was acknowledged`);
    },
    reads: (node, { packet: { flow }, slot, decision }) => {
      const exception = node.path.exceptions.get(flow);
      if (typeof decision === 'object' && node.path.slots.get(slot)?.isHeld && !exception?.isSettled)
        throw new LawBroken(`${flow} passed a held slot`);
    },
  };
}

/** Whether any slot is held, or any frame. */
export function isAnyHeld(world: Scene): boolean {
  const leader = leaderOf(world);
  const slots = slotsOf(leader.rule.selections);
  return leader.heldMs.size > 0 || slots.some((slot) => leader.path.slots.get(slot)?.isHeld);
}

/** Exceptions of flows that have no entry. */
export const unneededExceptions = (world: Scene): FlowName[] => {
  const { path } = leaderOf(world);
  const entries = new Set(entriesOf(world).map(({ flow }) => flow));
  return FLOWS.filter((flow) => path.exceptions.has(flow) && !entries.has(flow));
};
