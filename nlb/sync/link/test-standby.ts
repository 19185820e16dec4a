import { parentPort, workerData } from 'node:worker_threads';
import { monotonicNs } from '../../kernel/clock.ts';
import { emptyRule, snapshotOf } from '../rule.ts';
import { type NodeOrders, openSyncNode } from './node.ts';

/** A standby for tests, on a thread of its own: it joins the reign, and reports what it answers by when it is asked. */
const { orders, reign } = workerData as { orders: NodeOrders; reign: number };
let attachments = 100;
const problems: string[] = [];
const node = openSyncNode(orders, {
  nowMs: () => Number(monotonicNs()) / 1e6,
  newAttachment: () => ++attachments,
  slotOf: () => 0,
  execute: ({ type }) => problems.push(`a standby is to carry out ${type}`),
  unknown: (kind) => problems.push(`a record of kind ${kind}`),
  problem: (text) => problems.push(text),
});
const receiver = node.standBy(reign, emptyRule(orders.perPool));

parentPort?.on('message', (message: 'report' | 'stop') => {
  if (message === 'report') {
    const { user, system } = process.threadCpuUsage();
    parentPort?.postMessage({
      applied: receiver.applied(),
      records: snapshotOf(receiver.rule()),
      cpuUs: user + system,
      counts: node.link.counts,
      problems,
    });
    return;
  }
  node.close();
  parentPort?.close();
});
