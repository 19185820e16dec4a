import type { Cable } from '../driver/driver.ts';
import { startKeepalived } from '../lab/populate.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';
import { cableOf, heal } from './cable.ts';

/** Power loss of a node with two legs: both of its cables dead at once, and every process frozen. Gives what injects it, and waits until it has taken effect. */
export async function preparePowerLoss(view: LabView, node: LabNode): Promise<() => Promise<void>> {
  await view.lab.beforeStop?.(node);
  return node.home.handle.preparePowerLoss(cablesOf(view, node));
}

/** The same at once. */
export const losePower = async (view: LabView, node: LabNode): Promise<void> => (await preparePowerLoss(view, node))();

/** Power is back: the cables are live, and what ran on the node is gone. */
export async function restorePower(view: LabView, node: LabNode): Promise<void> {
  await node.killAll();
  await Promise.all(node.home.plan.legs.map(({ name }) => heal(view, node.name, name)));
}

const cablesOf = (view: LabView, { name, home }: LabNode): Cable[] =>
  home.plan.legs.map((leg) => cableOf(view, name, leg.name));

/** Power loss of a firewall: nothing more is said from any leg. It is frozen first: one that sees its cables go resigns in its last words. */
export async function failFirewall(view: LabView, firewall: LabNode): Promise<void> {
  await firewall.freeze();
  await Promise.all(cablesOf(view, firewall).map(({ segment, port }) => segment.setPort(port, 'down')));
}

/** Power is back, and what the firewall had in memory is gone. */
export async function repairFirewall(view: LabView, firewall: LabNode, advertSeconds?: number): Promise<void> {
  await firewall.killAll();
  for (const { leg, id } of firewall.home.plan.vrrp?.routers ?? []) {
    await firewall.runBeside(['ip', 'link', 'delete', `vrrp.${id}`]);
    await heal(view, firewall.name, leg);
  }
  startKeepalived(firewall, view.lab.folder, advertSeconds);
}
