import type { ProbeEnded } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';
import type { Scene } from './scene.ts';
import { answersAgain } from './waits.ts';

/** Flows that live on while something is done to them. */

/** So many that each of three servers has some, but for one run in a million. */
export const FLOWS = 40;
const PROBES_PER_SECOND = 200;
/** Each connection is silent for so long at a time. */
const SILENT_MS = 500;

/** Connections and datagram flows go on while something is done; it is over when each connection has been answered after it. */
export async function underLoad(
  scene: Scene,
  doIt: (flows: () => ProbeEnded[]) => Promise<void>,
  silentMs = SILENT_MS,
): Promise<void> {
  const connections = { target: scene.target('echo'), count: FLOWS, intervalMs: silentMs };
  const datagrams = { target: scene.target('echo-udp'), perSecond: PROBES_PER_SECOND, sourcePorts: FLOWS };
  const tcp = await scene.client.startTcpFlows(connections);
  const udp = await scene.client.startUdpProbes(datagrams);
  await answersAgain(scene, tcp, FLOWS);
  await doIt(() => lastOfEachFlow([...tcp.probes, ...udp.probes]));
  await answersAgain(scene, tcp, FLOWS);
  await Promise.all([tcp.stop(), udp.stop()]);
}

/** The last probe of every flow that was answered. */
export function lastOfEachFlow(probes: readonly ProbeEnded[]): ProbeEnded[] {
  const answered = probes.filter(({ outcome }) => outcome === 'answered');
  return [...Map.groupBy(answered, ({ flow }) => flow).values()].flatMap((flow) => flow.slice(-1));
}

/** Meanwhile the first server is chosen for nothing new: what it has, the connection table alone keeps there. */
export async function withoutWeight(scene: Scene, active: LabNode, doIt: () => Promise<void>): Promise<void> {
  const reload = (what: string, weights: Record<string, number>) =>
    scene.act(what, active.name, () => scene.lab.reload(active, { weights }));
  await reload('take the weight of a server', { [firstServer(scene).name]: 0 });
  await doIt();
  await reload('give it back', {});
}

export function firstServer(scene: Scene): LabNode {
  const [server] = scene.servers;
  if (!server) throw new Error(`the topology ${scene.lab.plan.topology} has no server`);
  return server;
}
