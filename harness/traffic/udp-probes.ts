import { setTimeout as pause } from 'node:timers/promises';
import type { UdpProbes } from './message.ts';
import { openMetronome } from './metronome.ts';
import { type Listener, nowNs, type Operation } from './operation.ts';
import { Pacer } from './pacer.ts';
import { UdpFlow } from './udp-flow.ts';

/** More sends a second than this want a clock that is finer than Node's timers of whole milliseconds. */
const finestTimers = 500;
/** How often probes are looked for that have waited too long. */
const expireEveryMs = 20;

/** Send datagrams on a fixed schedule, from the source ports in turn, until stopped. */
export function startUdpProbes(id: string, options: UdpProbes, listener: Listener): Operation {
  const { promise: stopped, resolve: stop } = Promise.withResolvers<void>();
  run(id, options, listener, stopped);
  return { stop };
}

async function run(id: string, options: UdpProbes, listener: Listener, stopped: Promise<void>): Promise<void> {
  const flows = Array.from({ length: options.sourcePorts }, (_, number) => {
    return new UdpFlow(`${id}.${number}`, number, options, listener.probe);
  });
  await Promise.all(flows.map((flow) => flow.opened));
  const metronome = options.perSecond > finestTimers ? await openMetronome() : undefined;
  const startedNs = nowNs();
  listener.opened();
  const pacer = new Pacer(options.perSecond, (turn) => flows[turn % flows.length]?.send(), metronome);
  const expiry = setInterval(() => expire(flows), expireEveryMs);
  await stopped;
  const pacing = pacer.stop();
  await metronome?.close();
  while (flows.some((flow) => flow.pending.size > 0)) await pause(expireEveryMs);
  clearInterval(expiry);
  for (const flow of flows) flow.close();
  const sum = (key: 'late' | 'duplicate') => flows.reduce((total, flow) => total + flow.pending[key], 0);
  const times = { startedNs: String(startedNs), endedNs: String(nowNs()) };
  listener.ended({ ...times, ...pacing, late: sum('late'), duplicate: sum('duplicate') });
}

function expire(flows: UdpFlow[]): void {
  for (const flow of flows) flow.expire();
}
