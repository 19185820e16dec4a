import { setTimeout as pause } from 'node:timers/promises';
import type { TcpFlows } from './message.ts';
import { type Listener, nowNs, type Operation } from './operation.ts';
import { Pacer } from './pacer.ts';
import { TcpFlow } from './tcp-flow.ts';

/** How often unanswered messages are looked for when the flows are to end. */
const settleEveryMs = 5;

/** Open the connections; when each is open or has failed, send on them in turn until stopped. */
export function startTcpFlows(id: string, options: TcpFlows, listener: Listener): Operation {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  run(id, options, listener, stopped);
  return { stop };
}

async function run(id: string, options: TcpFlows, listener: Listener, stopped: Promise<void>): Promise<void> {
  const startedNs = nowNs();
  const flows = Array.from({ length: options.count }, (_, number) => {
    return new TcpFlow(`${id}.${number}`, number, options, listener.probe);
  });
  await Promise.all(flows.map((flow) => flow.opened));
  listener.opened();
  const pacer = new Pacer((options.count * 1000) / options.intervalMs, (turn) => flows[turn % flows.length]?.send());
  await stopped;
  const pacing = pacer.stop();
  await settled(flows, options.timeoutMs);
  for (const flow of flows) flow.close();
  const times = { startedNs: String(startedNs), endedNs: String(nowNs()) };
  listener.ended({ ...times, ...pacing, late: 0, duplicate: flows.reduce((sum, f) => sum + f.pending.duplicate, 0) });
}

async function settled(flows: TcpFlow[], timeoutMs: number): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (flows.some((flow) => flow.pending.size > 0) && performance.now() < deadlineMs) await pause(settleEveryMs);
}
