import t from 'tap';
import type { Active } from '../active.ts';
import { answer, apply, emptyRule, type Rule, snapshotOf } from '../rule.ts';
import { openSyncNode, type SyncNode } from './node.ts';
import type { PathAddresses } from './socket.ts';
import { openWire } from './test-network.ts';
import { flowOf, ordersFor, passAtOnce, SERVERS, SLOTS, slotOf } from './test-pair.ts';

const POOL = 'tcp 203.0.113.1:80';
const FLOW = flowOf(1);
const [FIRST, SECOND, THIRD] = SERVERS;
const nowMs = () => performance.now();
const turn = () => new Promise((resolve) => setImmediate(resolve));
const said = (rule: Rule): string[] =>
  snapshotOf(rule)
    .map((record) => JSON.stringify(record))
    .sort();

function ruleOfFirst(): Rule {
  const rule = emptyRule(SLOTS);
  apply(rule, { type: 'set', pool: POOL, slots: Array.from({ length: SLOTS }, (_, slot) => slot), server: FIRST });
  return rule;
}

let attachments = 0;
function open(paths: readonly PathAddresses[]) {
  const forwarded: string[] = [];
  let engine: Active | undefined;
  const node: SyncNode = openSyncNode(ordersFor(paths), {
    nowMs,
    slotOf,
    newAttachment: () => ++attachments,
    execute: (effect) => {
      if (effect.type === 'forward') forwarded.push(effect.server);
      passAtOnce(() => engine, effect, nowMs);
    },
    unknown: (kind) => t.fail(`kind ${kind}`),
    problem: (text) => t.fail(text),
  });
  const lead = async (reign: number, rule: Rule): Promise<Active> => {
    engine = node.lead({ reign, rule, gone: [], startsInGrace: false });
    while (!engine.status().isInStep) await turn();
    return engine;
  };
  return { node, lead, forwarded };
}

t.test('the standby takes over with what it has, and the other joins it', async (t) => {
  const network = await openWire();
  const [one, other] = [open(network.one), open(network.other)];
  const receiver = other.node.standBy(1, emptyRule(SLOTS));
  const active = await one.lead(1, ruleOfFirst());

  active.wish([[slotOf(FLOW), SECOND]], nowMs());
  active.firstPacket({ flow: FLOW, slot: slotOf(FLOW), kind: 'syn', id: 1 }, nowMs());
  while (one.forwarded.length === 0) await turn();
  t.equal(answer(receiver.rule(), FLOW, slotOf(FLOW)), SECOND, 'what is forwarded is known to the standby');
  while (receiver.applied() < active.status().tip || active.status().setting > 0) await turn();

  const before = receiver.rule();
  const wanted = said(before);
  const joining = one.node.standBy(2, emptyRule(SLOTS));
  const next = await other.lead(2, before);
  t.same(said(joining.rule()), wanted, 'the snapshot of the new active');
  next.wish([[slotOf(FLOW), THIRD]], nowMs());
  while (next.status().setting > 0 || joining.rule().selections.serverAt(slotOf(FLOW)) !== THIRD) await turn();
  t.equal(answer(joining.rule(), FLOW, slotOf(FLOW)), SECOND, 'its exception keeps the flow where it is');
  one.node.close();
  other.node.close();
});

t.test('who leads is not led: two that do take nothing from each other', async (t) => {
  const network = await openWire();
  const [one, other] = [open(network.one), open(network.other)];
  const receiver = other.node.standBy(1, emptyRule(SLOTS));
  const active = await one.lead(1, ruleOfFirst());
  const applied = receiver.applied();
  const rival = other.node.lead({ reign: 2, rule: emptyRule(SLOTS), gone: [], startsInGrace: false });
  const received = other.node.link.counts.received.server;
  active.wish([[slotOf(FLOW), SECOND]], nowMs());
  active.firstPacket({ flow: FLOW, slot: slotOf(FLOW), kind: 'syn', id: 1 }, nowMs());
  while (other.node.link.counts.received.server === received) await turn();
  t.same([receiver.applied(), rival.status().tip], [applied, 0]);
  t.equal(active.status().heldFrames, 1, 'it waits for an acknowledgement, which does not come');
  one.node.close();
  other.node.close();
});
