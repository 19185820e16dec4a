import { readFileSync } from 'node:fs';
import { until } from '../clock/until.ts';
import { keepalivedFile } from '../lab/populate.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';

/** An orderly stop of a firewall's keepalived: it is asked to end, and waited for. `startKeepalived` (lab/populate.ts) starts it again. */
export async function stopKeepalived({ lab }: LabView, firewall: LabNode): Promise<void> {
  const pid = Number(readFileSync(keepalivedFile(firewall, lab.folder, 'pid'), 'utf8'));
  process.kill(pid, 'SIGTERM');
  const gone = () => !firewall.processes().includes(pid);
  await until(gone, { what: `keepalived on ${firewall.name} has ended`, withinMs: 5000, everyMs: 5 });
}
