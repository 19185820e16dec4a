import chalk from 'chalk';
import pidusage from 'pidusage';
import { type Inspection, inspect } from '../lab/inspect.ts';
import type { Lab } from '../lab/lab.ts';
import { namedLab } from './named-lab.ts';

/** `onevip inspect`: the lab as it is now. */
export async function inspectLab(name: string, { json }: { json?: boolean }): Promise<void> {
  const lab = namedLab(name);
  const found = await inspect(lab);
  if (json) console.log(JSON.stringify(found, undefined, 2));
  else await describe(lab, found);
}

async function describe(lab: Lab, found: Inspection): Promise<void> {
  const system = `${found.system} ${lab.system.version()}`;
  console.log(`${chalk.bold(found.name)}: ${found.topology}, system ${system}, driver ${found.driver}`);
  const vrrp = Object.entries(found.addresses.vrrp).map(([segment, address]) => `${address} (${segment})`);
  console.log(`  cluster ${found.addresses.cluster.join(', ')}; NLBS ${found.addresses.nlbs}; VRRP ${vrrp.join(', ')}`);
  for (const [node, { kind, netns, interfaces }] of Object.entries(found.nodes)) {
    console.log(`${chalk.bold(node)} (${kind}), namespace ${netns}${await load(lab, node)}`);
    for (const { device, mac, addresses } of Object.values(interfaces)) {
      console.log(`  ${device.padEnd(10)} ${(mac ?? '').padEnd(17)}  ${addresses.join(' ')}`);
    }
  }
}

/** How much the node's processes use: of one core since they began, and of memory. */
async function load(lab: Lab, node: string): Promise<string> {
  const pids = lab.node(node).processes();
  if (pids.length === 0) return '';
  const used = Object.values(await pidusage(pids)).filter((usage) => usage !== null);
  const cpu = used.reduce((sum, usage) => sum + usage.cpu, 0);
  const megabytes = used.reduce((sum, usage) => sum + usage.memory, 0) / 2 ** 20;
  return chalk.dim(`, ${used.length} processes, ${cpu.toFixed(1)} % of a core, ${megabytes.toFixed(0)} MiB`);
}
