import type { Effect, HeldPacket } from '../effects.ts';
import type { ServerName } from '../records.ts';
import type { Rule } from '../rule.ts';
import { enter, wipe } from './data-path.ts';
import { replaceGone } from './duties.ts';
import { type Around, type Node, slotAt, slotsOf } from './node.ts';
import { SLOTS } from './surroundings.ts';

/** A daemon begins to lead, or to stand by, and carries out what the engine says. */

/** Before there was any connection; as a standby; or where an earlier daemon of the node led. */
export type Beginning = 'first' | 'takeover' | 'restart';

/** Its daemon leads from now on, by what it has. */
export function lead(node: Node, around: Around, how: Beginning): void {
  const { machine, nowMs } = around;
  const rule: Rule = { selections: node.rule.selections, exceptions: new Map(node.rule.exceptions) };
  forgetWork(node);
  node.receiver = undefined;
  node.reign = around.newNumber();
  node.forwardsUntilMs = Number.POSITIVE_INFINITY;
  node.path.slots = new Map(
    slotsOf(rule.selections).map((slot) => [slot, { server: rule.selections.serverAt(slot), isHeld: false }]),
  );
  node.path.exceptions = new Map(Array.from(rule.exceptions, ([flow, server]) => [flow, { server, isSettled: true }]));
  node.desired = new Map(slotsOf(rule.selections).map((slot) => [slot, rule.selections.serverAt(slot)]));
  if (how === 'takeover' && machine.forgetsGone) node.path.gone.clear();
  node.active = machine.openActive({
    reign: node.reign,
    rule,
    settings: machine.settings,
    slotOf: (flow) => slotAt(node, flow),
    gone: node.path.gone,
    startsInGrace: how !== 'first',
    nowMs: nowMs(),
    emit: (effect) => execute(node, around, effect),
  });
  replaceGone(node, around);
}

export function forgetWork(node: Node): void {
  node.barriers = [];
  node.looks = [];
  node.walk = undefined;
  node.heldMs.clear();
  node.path.ring = [];
  node.path.frames.clear();
}

export function standBy(node: Node, around: Around): void {
  const { machine } = around;
  forgetWork(node);
  node.active = undefined;
  node.path.programs = [];
  if (machine.wipesOnJoining) wipe(node.path);
  node.receiver = machine.openReceiver(node.rule, SLOTS, around.newNumber);
}

function execute(node: Node, around: Around, effect: Effect): void {
  const { path } = node;
  switch (effect.type) {
    case 'send':
      around.send(effect.datagram);
      return;
    case 'writeSlot':
      path.slots.set(effect.slot, { server: effect.server, isHeld: effect.isHeld });
      return;
    case 'writeException':
      if (effect.exception) path.exceptions.set(effect.flow, effect.exception);
      else path.exceptions.delete(effect.flow);
      return;
    case 'barrier':
      node.barriers.push({ id: effect.id, programs: new Set(path.programs), frames: new Set(path.ring) });
      return;
    case 'walk':
      node.walk = { change: effect.change, slots: effect.slots, left: around.machine.walk, isPaused: false };
      return;
    case 'walkOn':
      if (node.walk?.change === effect.change) node.walk.isPaused = false;
      return;
    case 'goOn':
      // With the next packet, or with time.
      return;
    case 'lookAgain':
      node.looks.push(effect);
      return;
    case 'hold':
      node.heldMs.set(effect.packet.id, around.nowMs());
      return;
    case 'forward':
      forward(node, around, effect.packet, effect.server);
      return;
    case 'drop':
      node.heldMs.delete(effect.packet.id);
      path.frames.delete(effect.packet.id);
  }
}

function forward(node: Node, around: Around, held: HeldPacket, server: ServerName): void {
  const packet = node.path.frames.get(held.id);
  if (!packet) return;
  node.heldMs.delete(held.id);
  node.path.frames.delete(held.id);
  around.releases(node, held, server);
  if (node.path.gone.has(server)) return;
  around.truth.arrives(packet, enter(node.path, packet, server, around.nowMs()), around.nowMs());
}
