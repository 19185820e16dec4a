import type { Active } from '../active.ts';
import type { HeldPacket } from '../effects.ts';
import type { Receiver } from '../receiver.ts';
import type { FlowName, FromActive, FromStandby, ServerName } from '../records.ts';
import { answer, emptyRule, type Rule, type Selections, type SlotNumber } from '../rule.ts';
import { type DataPath, openDataPath, type Program } from './data-path.ts';
import { type Machine, POOLS, poolSlotOf, SLOTS } from './surroundings.ts';
import { FLOWS, SERVERS, type Truth } from './truth.ts';

/** A node: its data path, which outlives its daemon, and the daemon that leads or stands by. */
export interface Node {
  path: DataPath;
  active?: Active | undefined;
  receiver?: Receiver | undefined;
  /** What it answered by when its daemon last ran. */
  rule: Rule;
  reign: number;
  /** Until when its data path forwards. */
  forwardsUntilMs: number;
  /** Programs and frames that barriers wait for. */
  barriers: { id: number; programs: Set<Program>; frames: Set<HeldPacket> }[];
  walk?: { change: number; slots: ReadonlySet<SlotNumber>; left: Machine['walk']; isPaused: boolean } | undefined;
  looks: { review: number; flows: readonly FlowName[] }[];
  /** Since when each frame has been held. */
  heldMs: Map<number, number>;
  /** What the control plane wishes of each slot. */
  desired: Map<SlotNumber, ServerName | undefined>;
}

export interface Around {
  machine: Machine;
  truth: Truth;
  nowMs(): number;
  newNumber(): number;
  send(datagram: FromActive | FromStandby): void;
  /** A held packet is about to be sent. */
  releases(node: Node, packet: HeldPacket, server: ServerName): void;
  /** A packet without an entry is about to be decided about. */
  reads(node: Node, program: Program): void;
}

export function newNode(): Node {
  return {
    path: openDataPath(),
    rule: configured(),
    reign: 0,
    forwardsUntilMs: -1,
    barriers: [],
    looks: [],
    heldMs: new Map(),
    desired: new Map(),
  };
}

/** What both nodes make of their configuration, before they have heard of each other. */
function configured(): Rule {
  const rule = emptyRule(SLOTS);
  for (const slot of slotsOf(rule.selections)) rule.selections.put(slot, SERVERS[slot % SERVERS.length]);
  return rule;
}

export const slotsOf = (selections: Selections): SlotNumber[] => [
  selections.slotOf(POOLS[0], 0),
  selections.slotOf(POOLS[0], 1),
  selections.slotOf(POOLS[1], 0),
];

export function slotAt(node: Node, flow: FlowName): SlotNumber {
  const { pool, slot } = poolSlotOf(flow);
  return node.rule.selections.slotOf(pool, slot);
}

/** Live flows that this rule does not explain. */
export const unexplained = (rule: Rule, node: Node, truth: Truth): FlowName[] =>
  FLOWS.filter((flow) => {
    const connection = truth.live.get(flow);
    return connection && connection.server !== answer(rule, flow, slotAt(node, flow));
  });
