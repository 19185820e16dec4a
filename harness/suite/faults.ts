import { execa } from 'execa';
import { until } from '../clock/until.ts';
import { makeLegAnew } from '../driver/netns.ts';
import type { LabNode } from '../node/node.ts';
import type { Mac } from '../topology/address.ts';
import type { Scene } from './scene.ts';

/** What tests do to a lab, and how they mend it. */

/** Takes the switch's end of a leg down, so that the node sees its cable pulled. */
export const cut = (scene: Scene, node: string, leg: string): Promise<void> => setPort(scene, node, leg, 'down');
export const heal = (scene: Scene, node: string, leg: string): Promise<void> => setPort(scene, node, leg, 'up');

async function setPort(scene: Scene, node: string, leg: string, state: 'up' | 'down'): Promise<void> {
  const netns = scene.lab.lanNetns(scene.port(node, leg).lan);
  await execa('ip', ['-n', netns, 'link', 'set', scene.leg(node, leg).port, state]);
}

/** Both legs of a load balancer at once. */
export async function cutBoth(scene: Scene, node: string): Promise<void> {
  await Promise.all([cut(scene, node, 'access'), cut(scene, node, 'server')]);
}

export async function healBoth(scene: Scene, node: string): Promise<void> {
  await Promise.all([heal(scene, node, 'access'), heal(scene, node, 'server')]);
}

/**
 * Every interface of a node is unmade, and made again one after the other, as when its VLANs are configured anew, with these
 * hardware addresses, by leg. Addresses and routes are put on them at once.
 */
export async function makeLegsAnew(scene: Scene, node: LabNode, macs: Record<string, Mac>): Promise<void> {
  for (const leg of node.home.plan.legs)
    await makeLegAnew(scene.lab.state, node.home.plan, leg, macs[leg.name] ?? leg.mac);
}

/** Signals the daemon of the system under test on a node. */
export function signal(scene: Scene, node: LabNode, name: NodeJS.Signals): void {
  const pid = scene.lab.daemons.get(node.name);
  if (pid === undefined) throw new Error(`no daemon was started on ${node.name}`);
  process.kill(pid, name);
}

/** Asks the daemon on a node to end, and waits until it has. */
export async function stopSystem(scene: Scene, node: LabNode): Promise<void> {
  signal(scene, node, 'SIGTERM');
  const pid = scene.lab.daemons.get(node.name) ?? -1;
  const gone = () => !node.processes().includes(pid);
  await until(gone, { what: `the daemon on ${node.name} has ended`, withinMs: 10_000, everyMs: 5 });
}

/** Starts the system under test on a node again. */
export function startSystem(scene: Scene, node: LabNode): void {
  scene.lab.startSystem(node);
}
