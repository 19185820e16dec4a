import { until } from '../clock/until.ts';
import type { LabNode } from '../node/node.ts';

/** An orderly stop of a firewall's keepalived: it is asked to end, and waited for. `startKeepalived` (lab/populate.ts) starts it again. */
export async function stopKeepalived(firewall: LabNode): Promise<void> {
  const running = () => firewall.processes().filter((process) => process.program() === 'keepalived');
  // The parent, which ends its child in good order, is the older of the two.
  const [parent] = running().toSorted((one, other) => one.id - other.id);
  if (!parent) throw new Error(`no keepalived runs on ${firewall.name}`);
  parent.signal('SIGTERM');
  await until(() => running().length === 0, {
    what: `keepalived on ${firewall.name} has ended`,
    withinMs: 5000,
    everyMs: 5,
  });
}
