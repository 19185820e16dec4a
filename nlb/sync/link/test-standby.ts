import { parentPort, workerData } from 'node:worker_threads';
import { monotonicNs } from '../../kernel/clock.ts';
import { openReceiver } from '../receiver.ts';
import { emptyRule, snapshotOf } from '../rule.ts';
import { type LinkOrders, openLink } from './link.ts';

/** A standby for tests, on a thread of its own: it joins the reign, and reports what it answers by when it is asked. */
interface Orders {
  link: LinkOrders;
  reign: number;
  tickMs: number;
}

const { link: orders, reign, tickMs } = workerData as Orders;
let attachments = 100;
const receiver = openReceiver(emptyRule(orders.perPool), orders.perPool, () => ++attachments);
const problems: string[] = [];
const link = openLink(orders, {
  nowMs: () => Number(monotonicNs()) / 1e6,
  session: receiver.session,
  received: (said, path) => {
    if (said.type !== 'records' && said.type !== 'ended') return;
    const reply = receiver.receive(said);
    if (reply) link.send(reply, path);
  },
  unknown: (kind) => problems.push(`a record of kind ${kind}`),
  problem: (text) => problems.push(text),
});
const timer = setInterval(() => link.send(receiver.tick(reign)), tickMs);

parentPort?.on('message', (message: 'report' | 'stop') => {
  if (message === 'report') {
    const cpuUs = process.threadCpuUsage();
    parentPort?.postMessage({
      applied: receiver.applied(),
      records: snapshotOf(receiver.rule()),
      cpuUs: cpuUs.user + cpuUs.system,
      counts: link.counts,
      problems,
    });
    return;
  }
  clearInterval(timer);
  link.close();
  parentPort?.close();
});
