import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { type Datapath, openDatapath } from '../datapath/datapath.ts';
import type { HeldFlows } from '../datapath/held-flows.ts';
import { flowFrom } from '../datapath/kit/held.ts';
import { CLUSTER, holdLease, options, pinDirectory, tables, withoutSlots } from '../datapath/kit/rig.ts';
import { FOREVER_NS, type Scope } from '../datapath/kit/send.ts';
import type { VethPeers } from '../datapath/kit/veth-peers.ts';
import { CONSTANTS } from '../datapath/program/layout.ts';
import { type Flow, type FlowNumbers, numbersOf, PROTOCOL } from '../datapath/specification/flow.ts';
import { slotOf as slotOfNumbers } from '../datapath/specification/placement.ts';
import { isHeld } from '../datapath/tables/slot.ts';
import { monotonicNs } from '../kernel/clock.ts';
import type { Active } from '../sync/active.ts';
import { openSyncNode } from '../sync/link/node.ts';
import { openWire } from '../sync/link/test-network.ts';
import { ordersFor, type Report } from '../sync/link/test-pair.ts';
import { answer, apply, emptyRule, type Rule } from '../sync/rule.ts';
import { type Duties, openDuties } from './duties.ts';
import { flowName, flowNamed } from './names.ts';
import { openThrottle } from './throttle.ts';

/**
 * For tests, in private namespaces: an active with the data path of the kernel, its engine and its link, and a standby on another thread,
 * over real sockets. What a client sends comes in by a veth, and leaves by another.
 */
const [WEB, DNS] = [`tcp ${CLUSTER}:80`, `udp ${CLUSTER}:53`];
export const [SERVER0, SERVER1] = ['10.77.2.20', '10.77.2.21'];
const IDS: Readonly<Record<string, number>> = { [SERVER0]: 0, [SERVER1]: 1 };
/** Last octets of the servers' hardware addresses in the rig. */
const LEFT_FOR: Readonly<Record<number, string>> = { 32: SERVER0, 33: SERVER1 };
export const SLOTS = CONSTANTS.SELECTION_SLOTS;
const REIGN = 7;
export const monotonicMs = () => Number(monotonicNs()) / 1e6;
const turn = () => new Promise((resolve) => setImmediate(resolve));
/** In the selection of the web service. */
export const slotOf = (port: number): number => slotOfFlow(flowFrom(port));
const slotOfFlow = (flow: Flow): number => slotOfNumbers(numbersOf(flow), SLOTS);

export interface TestActive {
  datapath: Datapath;
  heldFlows: HeldFlows;
  duties: Duties;
  engine: Active;
  rule: Rule;
  problems: string[];
  /** Until then; frames that wait are handed to the engine meanwhile. */
  until(what: string, condition: () => boolean): Promise<void>;
  /** A slot that has been free for a moment only is not marked again at once. */
  untilHeld(port: number): Promise<void>;
  /** These slots of the web service are to go to that server. */
  wish(server: string, slots: Iterable<number>): void;
  /** What was wished is committed, and the standby knows it. */
  untilCommitted(server: string, slot: number): Promise<void>;
  /** The server that the next frame leaves for. */
  serverOfNext(): Promise<string | undefined>;
  /** Where the standby would send a connection of that port now. */
  answersOfStandby(): Promise<(port: number) => string | undefined>;
}

function ruleOfTables(): Rule {
  const rule = emptyRule(SLOTS);
  const all = Array.from({ length: SLOTS }, (_, slot) => slot);
  // In the order of the numbers of their services, which is that of the tables.
  apply(rule, { type: 'set', pool: DNS, slots: all, server: SERVER0 });
  apply(rule, { type: 'set', pool: WEB, slots: all, server: SERVER1 });
  return rule;
}

export async function openTestActive(t: Scope, peers: VethPeers): Promise<TestActive> {
  const network = await openWire();
  const datapath = openDatapath({
    ...options(pinDirectory(t)),
    mode: 'xdp',
    maxExceptions: 10_000,
    first: tables(),
  });
  datapath.apply(withoutSlots(tables()));
  holdLease(datapath.leaseFd, FOREVER_NS);
  const heldFlows = datapath.heldFlows?.();
  if (!heldFlows) throw new Error('this data path holds nothing');
  const [rule, problems]: [Rule, string[]] = [ruleOfTables(), []];
  const orders = (paths: typeof network.one) => ({ ...ordersFor(paths), perPool: SLOTS });
  const poolOf = ({ protocol }: FlowNumbers) => (protocol === PROTOCOL.tcp ? WEB : DNS);
  const slotOfBoth = (flow: FlowNumbers) => rule.selections.slotOf(poolOf(flow), slotOfNumbers(flow, SLOTS));
  let active: Active | undefined;
  const duties = openDuties({
    heldFlows,
    naming: {
      slotOf: slotOfBoth,
      positionOf: rule.selections.positionOf,
      rowOf: (pool) => datapath.poolRows?.().get(pool)?.row,
      slotIn: (service, slot) => rule.selections.slotOf([DNS, WEB][service] ?? '', slot),
      idOf: (server) => IDS[server],
    },
    engine: () => active,
    nowMs: monotonicMs,
    throttle: openThrottle(monotonicMs),
    problem: (text) => problems.push(text),
  });
  const node = openSyncNode(
    {
      ...orders(network.one),
      settings: { ...ordersFor(network.one).settings, mostDrifting: 2 * SLOTS },
    },
    {
      nowMs: monotonicMs,
      slotOf: (flow) => slotOfBoth(numbersOf(flowNamed(flow))),
      newAttachment: () => 1,
      execute: duties.execute,
      unknown: (kind) => problems.push(`a record of kind ${kind}`),
      problem: (text) => problems.push(text),
    },
  );
  const engine = node.lead({ reign: REIGN, rule, gone: [], startsInGrace: false });
  active = engine;
  const worker = new Worker(new URL('../sync/link/test-standby.ts', import.meta.url), {
    workerData: { orders: orders(network.other), reign: REIGN },
  });
  t.teardown(async () => {
    node.close();
    duties.close();
    datapath.remove();
    network.close();
    worker.postMessage('stop');
    await once(worker, 'exit');
  });
  const until = async (what: string, condition: () => boolean): Promise<void> => {
    for (const endMs = monotonicMs() + 20_000; !condition(); await turn()) {
      if (monotonicMs() > endMs) throw new Error(`waited 20 s in vain: ${what}; ${problems.join('; ')}`);
      duties.readFrames();
    }
  };
  await until('the standby is in step', () => engine.status().isInStep);
  return {
    datapath,
    heldFlows,
    duties,
    engine,
    rule,
    problems,
    until,
    untilHeld: (port) =>
      until('its slot is held', () => isHeld(datapath.actual().services[1]?.slots[slotOf(port)] ?? -1)),
    wish: (server, slots) => {
      const changes = Array.from(slots, (slot) => [rule.selections.slotOf(WEB, slot), server] as const);
      engine.wish(changes, monotonicMs());
    },
    untilCommitted: (server, slot) =>
      until('it is committed', () => {
        const { setting, acknowledged, tip } = engine.status();
        const isThere = rule.selections.serverAt(rule.selections.slotOf(WEB, slot)) === server;
        return setting === 0 && acknowledged === tip && isThere;
      }),
    serverOfNext: async () => {
      const left: Buffer[] = [];
      await until('a frame leaves', () => {
        left.push(...peers.received('server'));
        return left.length > 0;
      });
      return LEFT_FOR[left[0]?.readUInt8(5) ?? 0];
    },
    answersOfStandby: async () => {
      worker.postMessage('report');
      const [{ records }] = (await once(worker, 'message')) as [Report];
      const known = emptyRule(SLOTS);
      for (const record of records) apply(known, record);
      return (port) => answer(known, flowName(flowFrom(port)), known.selections.slotOf(WEB, slotOf(port)));
    },
  };
}
