import { findAct } from '../../check/span.ts';
import type { HistoryEvent } from '../../history/event.ts';
import type { LabNode } from '../../node/node.ts';
import type { Load, LoadResult } from '../../traffic/client-handle.ts';
import type { Fault, RunningTrial, Setting } from './fault.ts';
import { readLog } from './log.ts';
import { type Endpoints, INJECTION, type Measurement, measureTrial } from './measurement.ts';
import { oldActiveAfterwards } from './old-active.ts';
import { answersAgain, type Rig, service, target } from './rig.ts';
import { type Timeline, timelineOf } from './timeline.ts';

export const PROBES_PER_SECOND = 1000;
/** So that every server has some, and a table that sends one flow astray is seen. */
const SOURCE_PORTS = 20;
const TIMEOUT_MS = 1000;
const FLOWS = 20;
const FLOW_INTERVAL_MS = 50;
/** Answered before the fault, and after it. */
const BEFORE_PROBES = 300;
const AFTER_PROBES = 300;
/** A prober that was held up for longer measured itself. */
const HELD_UP_MS = 5;

/** One trial: what was read, how it went, and why its times do not count, if they do not. */
export interface Trial extends Measurement {
  active: string;
  timeline: Timeline;
  /** Frames that the capture is known to have lost. */
  dropped: number;
  discarded?: string;
}

export async function runTrial(rig: Rig, fault: Fault, number: number): Promise<Trial> {
  const { active, standby } = await rig.lab.pair(10_000);
  const setting: Setting = { rig, number, active, standby };
  const inject = await fault.prepare(setting);
  rig.ports.flush();
  rig.events();
  rig.history.cut();
  const flows = fault.flows ? await startFlows(rig) : undefined;
  const load = await rig.client.startUdpProbes({
    target: target(rig, 'echo-udp'),
    perSecond: PROBES_PER_SECOND,
    sourcePorts: SOURCE_PORTS,
    timeoutMs: TIMEOUT_MS,
  });
  await answersAgain(rig, load, BEFORE_PROBES);
  const injectedNs = rig.history.nowNs();
  await inject();
  rig.history.record({
    kind: 'act',
    what: INJECTION,
    node: active.name,
    atNs: injectedNs,
    untilNs: rig.history.nowNs(),
  });
  const running: RunningTrial = { ...setting, load, injectedNs };
  await fault.awaitEffect(running);
  await answersAgain(rig, load, AFTER_PROBES);
  const [datagrams] = await Promise.all([load.stop(), flows?.stop()]);
  const dropped = rig.ports.flush();
  const events = await withLogs(rig.events(), setting);
  const noEffect = await fault.repair(running);
  return judged(events, setting, datagrams, { dropped, noEffect });
}

/**
 * Where the old active sent anything after the takeover, both nodes are asked whether it led again. Not otherwise: one that stands
 * still could not answer.
 */
async function withLogs(events: HistoryEvent[], { rig, active, standby }: Setting): Promise<HistoryEvent[]> {
  const endpoints = endpointsOf(rig, active.name, standby.name);
  const inject = findAct(events, { what: INJECTION });
  const since = events.filter(({ atNs }) => atNs >= (inject?.atNs ?? 0));
  if (oldActiveAfterwards(since, endpoints).sentNs.length === 0) return events;
  const logs = await Promise.all([active, standby].map((node: LabNode) => readLog(rig, node)));
  return [...events, ...logs.flat()].toSorted((one, other) => one.atNs - other.atNs);
}

function startFlows(rig: Rig): Promise<Load> {
  return rig.client.startTcpFlows({ target: target(rig, 'echo'), count: FLOWS, intervalMs: FLOW_INTERVAL_MS });
}

function judged(
  events: readonly HistoryEvent[],
  { rig, active, standby }: Setting,
  { summary }: LoadResult,
  { dropped, noEffect }: { dropped: number; noEffect: string | undefined },
): Trial {
  const endpoints = endpointsOf(rig, active.name, standby.name);
  const measurement = measureTrial(events, endpoints);
  const reason =
    noEffect ??
    whyDiscarded({ lateMaxMs: measurement.prober.lateMaxMs, dropped, unseen: summary.sent - measurement.sent });
  const measured = { ...measurement, active: active.name, timeline: timelineOf(events, endpoints), dropped };
  return reason === undefined ? measured : { ...measured, discarded: reason };
}

/** What makes a trial's times say nothing of the system. */
export function whyDiscarded(seen: { lateMaxMs: number; dropped: number; unseen: number }): string | undefined {
  if (seen.lateMaxMs > HELD_UP_MS) return `the prober was held up for ${seen.lateMaxMs.toFixed(1)} ms`;
  if (seen.dropped > 0) return `the capture lost ${seen.dropped} frames`;
  if (seen.unseen > 0) return `${seen.unseen} probes that were sent did not pass the client’s port`;
  return undefined;
}

function endpointsOf(rig: Rig, oldActive: string, newActive: string): Endpoints {
  const { plan } = rig.lab;
  const [client] = plan.nodes.filter(({ kind }) => kind === 'client');
  const [leg] = client?.legs ?? [];
  const [cluster] = plan.addresses.cluster;
  if (!client || !leg || cluster === undefined)
    throw new Error(`the topology ${plan.topology} has no client or cluster`);
  const legs = (node: string) => ({ access: rig.view.port(node, 'access'), server: rig.view.port(node, 'server') });
  return {
    client: rig.view.port(client.name, leg.name),
    cluster,
    port: service(rig, 'echo-udp').port,
    nlbs: plan.addresses.nlbs,
    oldActive: legs(oldActive),
    newActive: legs(newActive),
    beatsTo: rig.lab.system.can.heartbeats?.sentTo,
    perSecond: PROBES_PER_SECOND,
    timeoutMs: TIMEOUT_MS,
  };
}
