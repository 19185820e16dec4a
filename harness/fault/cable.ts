import type { Cable } from '../driver/driver.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';
import type { Mac } from '../topology/address.ts';

/** Takes the switch's end of a leg down, so that the node sees its cable pulled. */
export const cut = (view: LabView, node: string, leg: string): Promise<void> => setPort(view, node, leg, 'down');
export const heal = (view: LabView, node: string, leg: string): Promise<void> => setPort(view, node, leg, 'up');

function setPort(view: LabView, node: string, leg: string, state: 'up' | 'down'): Promise<void> {
  const { segment, port } = cableOf(view, node, leg);
  return segment.setPort(port, state);
}

export const cableOf = (view: LabView, node: string, leg: string): Cable => ({
  segment: view.lab.switchOf(view.port(node, leg).lan),
  port: view.leg(node, leg).port,
});

/** Both legs of a load balancer at once. */
export async function cutBoth(view: LabView, node: string): Promise<void> {
  await Promise.all([cut(view, node, 'access'), cut(view, node, 'server')]);
}

export async function healBoth(view: LabView, node: string): Promise<void> {
  await Promise.all([heal(view, node, 'access'), heal(view, node, 'server')]);
}

/**
 * Every interface of a node is unmade, and made again one after the other, as when its VLANs are configured anew, with these
 * hardware addresses, by leg. Addresses and routes are put on them at once.
 */
export async function makeLegsAnew({ home }: LabNode, macs: Record<string, Mac>): Promise<void> {
  for (const leg of home.plan.legs) await home.handle.makeLegAnew(leg, macs[leg.name] ?? leg.mac);
}
