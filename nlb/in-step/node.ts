import type { HeldFlows } from '../datapath/held-flows.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import { numbersOf } from '../datapath/specification/flow.ts';
import type { StateName } from '../pair/beat.ts';
import type { Active } from '../sync/active.ts';
import { type NodeOrders, openSyncNode, type SyncNode } from '../sync/link/node.ts';
import type { Receiver } from '../sync/receiver.ts';
import { emptyRule, type Rule } from '../sync/rule.ts';
import { answersOf } from './comparison.ts';
import type { Configured, PoolWeights, ServerSeen } from './configured.ts';
import { type Duties, openDuties } from './duties.ts';
import { openGoneServers } from './gone-servers.ts';
import { openLiveCounts } from './live-counts.ts';
import { flowNamed } from './names.ts';
import { NO_SLOT, openNumbers } from './numbers.ts';
import { openRuleWriter } from './rule-writer.ts';
import { openStandbyView } from './standby-view.ts';
import { composeStatus, type InStepStatus } from './status.ts';
import type { Throttle } from './throttle.ts';
import { openWantedSlots } from './wanted-slots.ts';

/**
 * This node's part in keeping the pair in step, whatever its role is:
 *
 *   leads         the engine decides, and duties.ts carries out what it says
 *   joined        what the peer has logged is written into the data path, so that this node may lead at any instant
 *   neither       before it has ever led or joined: what is wished is what the data path has. Later: it keeps what it had
 */
export interface InStepNode {
  configured(configured: Configured, servers: readonly ServerSeen[]): void;
  see(servers: readonly ServerSeen[]): void;
  weigh(weights: readonly PoolWeights[]): void;
  /** @param reign of this lead; zero in every other state */
  entered(state: StateName, reign: number): void;
  /** The reign that the living peer names, which leads; zero where it does not. */
  peerLeads(reign: number): void;
  /** Nothing is planned any more, so that nothing is held once all is acknowledged: `hasLeft`. */
  leave(): void;
  stay(): void;
  hasLeft(): boolean;
  /** Whether the peer may take over at any instant, as this node knows, which leads. */
  isPeerInStep(): boolean;
  /** Compare where connections go on both nodes. @returns whether there is a peer that is in step, by its own word */
  compare(): boolean;
  isComparing(): boolean;
  /** Frames wait in the ring. */
  readFrames(): void;
  /** Some of what there is to do for the selections. @returns whether there is more */
  work(): boolean;
  /** Time has passed. */
  tick(): void;
  status(): InStepStatus;
  useSecrets(secrets: readonly Uint8Array[]): void;
  close(): void;
}

export interface InStepParts {
  link: NodeOrders;
  heldFlows: HeldFlows;
  goneAfterMs: number;
  /** Whether connections of before this life of the daemon are in the tables. */
  adopted: boolean;
  nowMs(): number;
  /** Of what takes long. */
  throttle: Throttle;
  newNumber(): number;
  /** Until when this node's data path forwards what it has, though it does not lead; on the same clock. */
  forwardsUntilMs(): number;
  event(name: string, detail: Record<string, unknown>): void;
  problem(text: string): void;
}

const { SELECTION_SLOTS: PER_POOL } = CONSTANTS;
/** A look at an exception takes some microseconds, and there may be very many. */
const [REVIEW_EVERY_MS, REVIEWED_AT_ONCE] = [1000, 20];

export function openInStepNode({ heldFlows, nowMs, problem, event, ...parts }: InStepParts): InStepNode {
  const first = emptyRule(PER_POOL);
  const numbers = openNumbers(PER_POOL, first.selections);
  const counts = openLiveCounts(heldFlows, numbers, PER_POOL, nowMs);
  const wantedSlots = openWantedSlots(PER_POOL, first.selections, counts.from);
  const ruleWriter = openRuleWriter(heldFlows, numbers, PER_POOL);
  /** What is committed: R, and E as far as this node does not lead. */
  let rule: Rule = first;
  /** It has never led nor joined, so nobody has a connection by what its data path says. */
  let isFresh = true;
  let isConfigured = false;
  /** What the rule says of a server without a number is not in the data path, and other servers have one now. To write all takes long. */
  let isPartlyWritten = false;
  let leading: { engine: Active; duties: Duties } | undefined;
  let receiver: Receiver | undefined;
  /** The reign that it joins or has joined; its attempt is another symbol each time. */
  let joining: symbol | undefined;
  let peerReign = 0;
  let reviewAtMs = 0;
  const gone = openGoneServers(nowMs);
  const view = openStandbyView({
    heldFlows,
    numbers,
    isGone: gone.isGone,
    send: (number, flows) => node.compare(number, flows),
    nowMs,
    event,
  });

  const node: SyncNode = openSyncNode(parts.link, {
    nowMs,
    slotOf: (flow) => numbers.slotOf(numbersOf(flowNamed(flow))) ?? NO_SLOT,
    configured: view.own,
    peerConfigured: view.heardConfigured,
    answers: answersOf(heldFlows, numbers),
    compared: view.heardCompared,
    newAttachment: parts.newNumber,
    execute: (effect) => duties?.execute(effect),
    ruleChanged: (by) => followed(() => (by === 'joined' ? joined() : ruleWriter.record(by))),
    applied: () => followed(ruleWriter.flush),
    unknown: (kind) =>
      problem(`the peer's records are of a later version (kind ${kind}): this node cannot be in step with it`),
    problem,
  });
  let duties: Duties | undefined;

  function useRule(next: Rule): void {
    rule = next;
    view.forget();
    numbers.useSelections(rule.selections);
    wantedSlots.begin(rule.selections);
    counts.reset();
  }

  function joined(): void {
    if (!receiver) return;
    useRule(receiver.rule());
    isFresh = false;
    ruleWriter.all(rule);
    event('sync', { joined: peerReign });
  }

  /** What it cannot write it must not acknowledge; until another leads, it is out of step. */
  function followed(write: () => void): void {
    try {
      write();
    } catch (error) {
      joining = Symbol('cannot follow');
      receiver = undefined;
      node.rest();
      problem(`cannot be in step, until another node leads: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  function lead(reign: number): void {
    joining = undefined;
    const wasFresh = isFresh;
    [receiver, isFresh] = [undefined, false];
    const opened = openDuties({
      heldFlows,
      naming: numbers,
      engine: () => leading?.engine,
      nowMs,
      throttle: parts.throttle,
      problem,
    });
    duties = opened;
    const exceptions = new Map(rule.exceptions);
    const engine = node.lead({
      reign,
      rule: { selections: rule.selections, exceptions },
      gone: gone.begin(wasFresh ? 0 : nowMs() + parts.goneAfterMs, rule.selections.servers()),
      startsInGrace: !wasFresh,
    });
    leading = { engine, duties: opened };
    view.lead(engine, rule.selections.servers());
    useRule({ selections: rule.selections, exceptions });
  }

  /** Nobody reads what is held from now on, so nothing is. */
  function leadNoMore(): void {
    if (!leading) return;
    const exceptions = new Map(leading.engine.exceptions());
    leading.duties.close();
    [leading, duties] = [undefined, undefined];
    view.leadNoMore();
    node.rest();
    useRule({ selections: rule.selections, exceptions });
    ruleWriter.all(rule);
  }

  /** A node that joins has no connections: its own old ones would beat the rule. */
  async function join(): Promise<void> {
    const attempt = Symbol('join');
    joining = attempt;
    const steps = heldFlows.forget();
    while (!(await parts.throttle.piece(() => steps.next())).done) if (joining !== attempt) return;
    if (joining !== attempt) return;
    receiver = node.standBy(peerReign, rule);
  }

  const mayJoin = (): boolean =>
    !leading && !joining && peerReign !== 0 && isConfigured && nowMs() >= parts.forwardsUntilMs();

  function tellGone(): void {
    if (!leading) return;
    for (const [address, isGone] of gone.changes(rule.selections.servers()))
      leading.engine.serverChanged(address, isGone, nowMs());
  }

  function see(servers: readonly ServerSeen[]): void {
    const { renumbered, areOthers } = numbers.see(servers);
    if (areOthers) isPartlyWritten = true;
    for (const [address, from, to] of renumbered) ruleWriter.renumber(address, from, to);
    gone.see(servers);
    tellGone();
  }

  return {
    configured: (configured, seen) => {
      const before = new Map(Array.from(numbers.pools(), (pool) => [pool, numbers.rowOf(pool)]));
      numbers.use(configured);
      view.use(configured);
      see(seen);
      if (!isConfigured && parts.adopted) {
        const left = ruleWriter.read();
        isFresh = left === undefined;
        if (left) useRule(left);
      }
      isConfigured = true;
      wantedSlots.use(configured.pools);
      if (!leading && !isFresh && isPartlyWritten) ruleWriter.all(rule);
      // A row that is new for its pool has nobody.
      else for (const { name, row } of configured.pools) if (before.get(name) !== row) ruleWriter.pool(name, rule);
      isPartlyWritten = false;
    },
    see,
    weigh: (weights) => {
      for (const each of weights) wantedSlots.weigh(each);
    },
    entered: (state, reign) => {
      if (state === 'active') lead(reign);
      else leadNoMore();
    },
    peerLeads: (reign) => {
      if (reign === peerReign) return;
      peerReign = reign;
      joining = undefined;
      if (leading) return;
      receiver = undefined;
      node.rest();
    },
    leave: () => leading?.engine.leave(nowMs()),
    stay: () => leading?.engine.stay(nowMs()),
    hasLeft: () => leading?.engine.hasLeft() ?? true,
    compare: view.compare,
    isComparing: view.isComparing,
    isPeerInStep: () => leading?.engine.status().isInStep ?? false,
    readFrames: () => {
      if (leading) leading.duties.readFrames();
      else while (heldFlows.frames.take(AT_ONCE).length === AT_ONCE);
    },
    work: () => {
      if (!leading && !isFresh) return false;
      const [wished, isMore] = [wantedSlots.work(), wantedSlots.isAmidst()];
      if (wished.length === 0) return wantedSlots.isBusy();
      if (leading) leading.engine.wish(wished, nowMs(), isMore);
      else ruleWriter.place(wished, rule, isMore);
      return wantedSlots.isBusy();
    },
    tick: () => {
      tellGone();
      if (mayJoin()) join().catch((error: unknown) => problem(`cannot join: ${String(error)}`));
      if (!leading) return;
      counts.tick();
      view.tick();
      if (nowMs() < reviewAtMs) return;
      if (leading.duties.review(REVIEWED_AT_ONCE)) reviewAtMs = nowMs() + REVIEW_EVERY_MS;
    },
    status: () =>
      composeStatus({
        leading: leading && { ...leading.engine.status(), held: leading.duties.counts() },
        joined: receiver && { isJoined: receiver.isJoined(), applied: receiver.applied() },
        ...view.shown(),
        exceptions: heldFlows.exceptions.size(),
        link: node.link.counts,
      }),
    useSecrets: node.link.useKeys,
    close: () => {
      joining = undefined;
      node.close();
      leadNoMore();
    },
  };
}

/** Frames that are thrown away at a time. */
const AT_ONCE = 64;
