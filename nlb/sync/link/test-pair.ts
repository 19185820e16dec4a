import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { monotonicNs } from '../../kernel/clock.ts';
import type { Active } from '../active.ts';
import type { Effect } from '../effects.ts';
import type { LogRecord } from '../records.ts';
import { apply, emptyRule, type Rule, snapshotOf } from '../rule.ts';
import type { SyncSettings } from '../settings.ts';
import type { Link, LinkCounts } from './link.ts';
import { type NodeOrders, openSyncNode } from './node.ts';
import type { PathAddresses } from './socket.ts';
import type { Network } from './test-network.ts';

/** An active with a real engine on this thread and a standby on another one, and real sockets between them. */
const POOL = 'tcp 203.0.113.1:80';
export const SLOTS = 64;
export const SERVERS = ['10.77.2.21', '10.77.2.22', '10.77.2.23'];
const SECRETS = [Buffer.alloc(32, 7)];
/** A thread that is held up takes no path for silent: what fails is found out by what gets through. */
const TIMES = { silentAfterMs: 60_000, stuckAfterMs: 15, restMs: 1000 };
const REIGN = 17;

const SETTINGS: SyncSettings = {
  holdMs: 5000,
  retransmitMs: 5,
  graceMs: 1000,
  settleMs: 100,
  mostDrifting: SLOTS,
  mostExceptions: 1_000_000,
  mostHeldFrames: 100_000,
  mostRetained: 100_000,
  recordsPerDatagram: 50,
  window: 5000,
  mostBeforeWalk: 5000,
};

export interface Report {
  applied: number;
  records: LogRecord[];
  cpuUs: number;
  counts: LinkCounts;
  problems: string[];
}

export interface Pair {
  active: Active;
  link: Link;
  nowMs(): number;
  /** What a standby must answer by that has applied so many records of the session, which began before anything else was logged. */
  ruleAfter(applied: number): Rule;
  report(): Promise<Report>;
  /** Until the condition is so, which is looked at after each effect and each tick. */
  until(condition: () => boolean): Promise<void>;
  close(): Promise<void>;
}

export const flowOf = (number: number): string =>
  `tcp 198.51.${(number >> 16) & 255}.${(number >> 8) & 255}:${1024 + (number & 255)} > 203.0.113.1:80`;
export const slotOf = (flow: string): number => {
  let sum = 0;
  for (let at = 0; at < flow.length; at++) sum = (sum * 31 + flow.charCodeAt(at)) % 65_521;
  return sum % SLOTS;
};

export const ordersFor = (paths: readonly PathAddresses[]): NodeOrders => ({
  paths,
  secrets: SECRETS,
  perPool: SLOTS,
  times: TIMES,
  settings: SETTINGS,
  tickMs: 2,
  sayMs: 20,
});

/** Barriers pass, walks find nobody, and no flow has an entry. The first effect comes before there is an engine to be asked for. */
export function passAtOnce(engine: () => Active | undefined, effect: Effect, nowMs: () => number): void {
  if (effect.type === 'barrier') setImmediate(() => engine()?.barrierPassed(effect.id, nowMs()));
  else if (effect.type === 'walk') setImmediate(() => engine()?.walked(effect.change, nowMs()));
  else if (effect.type === 'lookAgain')
    setImmediate(() => engine()?.lookedAgain(effect.review, effect.flows, () => false, nowMs()));
}

/** @param onEffect sees each effect; barriers pass and walks find nobody unless it says that it has seen to that */
export async function openPair(network: Network, onEffect: (effect: Effect) => boolean = () => false): Promise<Pair> {
  const nowMs = () => Number(monotonicNs()) / 1e6;
  const rule = emptyRule(SLOTS);
  const all = Array.from({ length: SLOTS }, (_, slot) => slot);
  apply(rule, { type: 'set', pool: POOL, slots: all, server: SERVERS[0] });
  const snapshot = snapshotOf(rule);
  const logged: { record: LogRecord; number: number }[] = [];
  const waiters = new Set<() => void>();
  const look = () => {
    for (const waiter of waiters) waiter();
  };
  const node = openSyncNode(ordersFor(network.one), {
    nowMs,
    slotOf,
    newAttachment: () => 1,
    execute: (effect) => {
      if (!onEffect(effect)) passAtOnce(() => active, effect, nowMs);
    },
    logged: (record, number) => logged.push({ record, number }),
    unknown: () => {},
    problem: () => {},
  });
  const active = node.lead({ reign: REIGN, rule, gone: [], startsInGrace: false });
  const timer = setInterval(look, 2);
  const worker = new Worker(new URL('./test-standby.ts', import.meta.url), {
    workerData: { orders: ordersFor(network.other), reign: REIGN },
  });
  return {
    active,
    link: node.link,
    nowMs,
    ruleAfter: (applied) => {
      const after = emptyRule(SLOTS);
      for (const record of snapshot) apply(after, record);
      for (const { record, number } of logged) if (number <= applied) apply(after, record);
      return after;
    },
    report: async () => {
      worker.postMessage('report');
      const [report] = (await once(worker, 'message')) as [Report];
      return report;
    },
    until: (condition) =>
      new Promise((resolve) => {
        const waiter = () => {
          if (!condition()) return;
          waiters.delete(waiter);
          resolve();
        };
        waiters.add(waiter);
        waiter();
      }),
    close: async () => {
      clearInterval(timer);
      node.close();
      network.close();
      worker.postMessage('stop');
      await once(worker, 'exit');
    },
  };
}
