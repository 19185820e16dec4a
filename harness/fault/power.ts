import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { execa } from 'execa';
import { until } from '../clock/until.ts';
import { startKeepalived } from '../lab/populate.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';
import { type Cable, cableOf, heal } from './cable.ts';

/**
 * All of a power loss at one word, however busy the machine: a real-time shell tells two waiting `ip` to take the cables down,
 * and freezes the node, before it lets either of the two run in its place.
 */
const POWER_LOSS = `
exec 3> >(exec ip -n "$2" -batch -) 4> >(exec ip -n "$4" -batch -)
echo armed
read -r _
echo "link set $3 down" >&3
echo "link set $5 down" >&4
echo 1 >"$1"
`;

/** Power loss of a node with two legs: both of its cables dead at once, and every process frozen. Gives what injects it, and waits until it has taken effect. */
export async function preparePowerLoss(view: LabView, node: LabNode): Promise<() => Promise<void>> {
  await view.lab.beforeStop?.(node);
  const cables = cablesOf(view, node);
  const freezer = path.join(node.controlGroup, 'cgroup.freeze');
  const words = [freezer, ...cables.flatMap(({ netns, port }) => [netns, port])];
  const shell = spawn('chrt', ['--fifo', '20', 'bash', '-c', POWER_LOSS, 'bash', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(shell.stdout, 'data');
  return async () => {
    shell.stdin.end('\n');
    await node.freeze();
    await Promise.all(cables.map(isDead));
  };
}

async function isDead({ netns, port }: Cable): Promise<void> {
  const isDown = async () =>
    (await execa('ip', ['-n', netns, 'link', 'show', 'dev', port])).stdout.includes('state DOWN');
  await until(isDown, { what: `the cable ${port} is dead`, withinMs: 2000 });
}

/** Power is back: the cables are live, and what ran on the node is gone. */
export async function restorePower(view: LabView, node: LabNode): Promise<void> {
  await node.killAll();
  await Promise.all(node.home.plan.legs.map(({ name }) => heal(view, node.name, name)));
}

const cablesOf = (view: LabView, { name, home }: LabNode): Cable[] =>
  home.plan.legs.map((leg) => cableOf(view, name, leg.name));

/** Power loss of a firewall: nothing more is said from any leg. It is frozen first: one that sees its cables go resigns in its last words. */
export async function failFirewall(view: LabView, firewall: LabNode): Promise<void> {
  const cables = cablesOf(view, firewall);
  const down = cables.map(
    ({ netns, port }) =>
      () =>
        execa('ip', ['-n', netns, 'link', 'set', port, 'down']),
  );
  await firewall.freeze();
  await Promise.all(down.map((cut) => cut()));
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
