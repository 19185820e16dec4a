import { startKeepalived } from '../lab/populate.ts';
import type { LabNode } from '../node/node.ts';
import { cut, heal } from './faults.ts';
import type { Scene } from './scene.ts';

/** Power loss: nothing more is said from any leg. */
export async function failFirewall(scene: Scene, firewall: LabNode): Promise<void> {
  const legs = firewall.home.plan.legs.map(({ name }) => name);
  await Promise.all([firewall.freeze(), ...legs.map((leg) => cut(scene, firewall.name, leg))]);
}

/** Power is back, and what the firewall had in memory is gone. */
export async function repairFirewall(scene: Scene, firewall: LabNode, advertSeconds?: number): Promise<void> {
  await firewall.killAll();
  for (const { leg, id } of firewall.home.plan.vrrp?.routers ?? []) {
    await firewall.runBeside(['ip', 'link', 'delete', `vrrp.${id}`]);
    await heal(scene, firewall.name, leg);
  }
  startKeepalived(firewall, scene.lab.folder, advertSeconds);
}
