import { askFor, packetForCluster } from './inject.ts';
import type { Scene } from './scene.ts';

/** Source ports of the packets, so that they are many flows. */
const FLOWS = 16;
const FIRST_PORT = 40_000;

/**
 * Asks for the NLBS address by ARP and hands the node a packet for the cluster, at its hardware address, again and again: a
 * node is shown to be silent only while it is spoken to. Gives what ends it.
 */
export function sendToFencedNode(scene: Scene, node: string, everyMs: number): () => void {
  const [asker] = scene.lab.nodes('firewall');
  if (!asker) throw new Error(`the topology ${scene.lab.plan.topology} has no firewall to ask from`);
  const { protocol, port } = scene.service('echo-udp');
  const ends = { from: asker.name, to: scene.mac(node, 'access'), protocol, port };
  const packets = Array.from({ length: FLOWS }, (_, flow) => packetForCluster(scene, ends, FIRST_PORT + flow));
  let turn = 0;
  const timer = setInterval(() => {
    askFor(scene, scene.nlbs, { node: asker.name, leg: 'access' });
    scene.inject(asker.name, 'access', packets[turn % FLOWS] as Uint8Array);
    turn += 1;
  }, everyMs);
  return scene.stops(timer);
}
