import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NodeProcess } from '../driver/driver.ts';
import { filterRules, keepalivedConfig } from '../driver/firewall.ts';
import type { LabNode } from '../node/node.ts';
import type { Plan } from '../topology/plan.ts';

const TRAFFIC = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../traffic');

/** Loads the filter of each firewall and starts its keepalived, both firewalls at once. */
export async function startFirewalls(plan: Plan, firewalls: LabNode[], folder: string): Promise<void> {
  await Promise.all(
    firewalls.map(async (firewall) => {
      await loadFilter(plan, firewall);
      startKeepalived(firewall, folder);
    }),
  );
}

async function loadFilter(plan: Plan, firewall: LabNode): Promise<void> {
  const done = await firewall.run(['iptables-restore', '-w'], filterRules(plan, firewall.home.plan));
  if (done.exitCode !== 0) throw new Error(`iptables-restore on ${firewall.name} failed: ${done.stderr}`);
}

/** Starts (or starts again) the keepalived of a firewall; gives its parent process. */
export function startKeepalived(firewall: LabNode, folder: string, advertSeconds?: number): NodeProcess {
  const own = (suffix: string) => path.join(folder, `${firewall.name}.keepalived.${suffix}`);
  writeFileSync(own('conf'), keepalivedConfig(firewall.home.plan, advertSeconds), { mode: 0o644 });
  const pids = ['--pid', own('pid'), '--vrrp_pid', own('vrrp.pid')];
  // A killed one leaves its files; and it refuses to start while the process they name is there, if only as a zombie.
  for (const suffix of ['pid', 'vrrp.pid']) rmSync(own(suffix), { force: true });
  return firewall.start('keepalived', [
    'keepalived',
    '--dont-fork',
    '--log-console',
    '--log-detail',
    '--vrrp',
    '--use-file',
    own('conf'),
    ...pids,
  ]);
}

/** Starts the server program on every server node, for the services of the plan. */
export function startServers(plan: Plan, servers: LabNode[]): void {
  for (const server of servers) startServer(plan, server);
}

/** Gives the server program. */
export function startServer(plan: Plan, server: LabNode): NodeProcess {
  const ports = plan.services.flatMap(({ name, port }) => [`--${name}`, String(port)]);
  return server.start('server', ['node', path.join(TRAFFIC, 'server.ts'), '--name', server.name, ...ports]);
}
