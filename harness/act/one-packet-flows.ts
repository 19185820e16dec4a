import { packetsOf } from '../check/seen.ts';
import type { HistoryEvent } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';
import { inTime } from './in-time.ts';
import { entryOf, packetForCluster, strangerAt } from './inject.ts';
import type { Scene } from './scene.ts';

/** Flows of one packet each, from addresses that nobody has: by the ten thousand, where sockets would be by the hundred. */

const [FIRST_HOST, HOSTS, FIRST_PORT] = [100, 100, 1024];

/** Of one packet for the service each, from `HOSTS` addresses, as a firewall would send them on to the node. */
export interface OnePacketFlows {
  node: LabNode;
  service: string;
  count: number;
  perSecond: number;
}

/** Over when the last one was sent on; that all of them were is for the checkers. */
export async function beginOnePacketFlows(scene: Scene, flows: OnePacketFlows): Promise<void> {
  const { node, service, count, perSecond } = flows;
  const entry = entryOf(scene, node, service);
  let lastNs = 0;
  await inTime(count, perSecond, (number) => {
    if (number === count - 1) lastNs = scene.nowNs();
    const source = strangerAt(scene, FIRST_HOST + (number % HOSTS));
    scene.inject(entry.from, 'access', packetForCluster(scene, entry, portOf(number), { source }));
  });
  const [source, port] = [strangerAt(scene, FIRST_HOST + ((count - 1) % HOSTS)), portOf(count - 1)];
  const wasSentOn = (events: HistoryEvent[]) =>
    packetsOf(events, { ...scene.port(node.name, 'server'), direction: 'sent' }).some(
      ({ packet: { source: from, transport } }) =>
        from === source && transport?.kind === entry.protocol && transport.sourcePort === port,
    );
  await scene.wait(`the last of ${count} flows is sent on`, wasSentOn, { sinceNs: lastNs });
}

const portOf = (number: number): number => FIRST_PORT + Math.floor(number / HOSTS);

/** Meanwhile the servers answer none of them: answers to nobody would load the lab and say nothing. */
export async function unanswered(scene: Scene, doIt: () => Promise<void>): Promise<void> {
  const [first, last] = [FIRST_HOST, FIRST_HOST + HOSTS - 1].map((host) => strangerAt(scene, host));
  const drop = `table inet onevip_unanswered { chain input { type filter hook input priority 0; ip saddr ${first}-${last} drop; }; }`;
  for (const server of scene.servers) {
    const done = await server.runBeside(['nft', '-f', '-'], drop);
    if (done.exitCode !== 0) throw new Error(`nft on ${server.name} failed: ${done.stderr}`);
  }
  try {
    await doIt();
  } finally {
    for (const server of scene.servers) await server.runBeside(['nft', 'delete', 'table', 'inet', 'onevip_unanswered']);
  }
}
