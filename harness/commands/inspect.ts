import chalk from 'chalk';
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
  const { processes, cpuPercent, memoryBytes } = await lab.node(node).home.handle.usage();
  if (processes === 0) return '';
  const megabytes = (memoryBytes / 2 ** 20).toFixed(0);
  return chalk.dim(`, ${processes} processes, ${cpuPercent.toFixed(1)} % of a core, ${megabytes} MiB`);
}
