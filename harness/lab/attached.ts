import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import type { LabNode } from '../node/node.ts';
import { readJson } from './census.ts';
import type { Lab } from './lab.ts';

interface LinkText {
  ifname: string;
  xdp?: { prog?: { id: number } };
}

interface FilterText {
  kind?: string;
  options?: { bpf_name?: string };
}

/**
 * What of packet programs a node has, a line for each: `access: xdp 17` for what is attached to a device, `pinned: …` for
 * what is kept by a name in the lab's BPF file system, and so lives without a process.
 */
export async function attachedTo(lab: Lab, node: LabNode): Promise<string[]> {
  const links = await readJson<LinkText>(node, ['ip', '-json', '-details', 'link']);
  const programs = links.flatMap(({ ifname, xdp }) => (xdp?.prog ? [`${ifname}: xdp ${xdp.prog.id}`] : []));
  const filters = await Promise.all(node.home.plan.legs.map(({ name }) => filtersOn(node, name)));
  return [...programs, ...filters.flat(), ...pinnedFor(lab, node)];
}

async function filtersOn(node: LabNode, device: string): Promise<string[]> {
  const found = await readJson<FilterText>(node, ['tc', '-json', 'filter', 'show', 'dev', device, 'ingress']);
  return found.flatMap(({ options }) => (options?.bpf_name ? [`${device}: tc ${options.bpf_name}`] : []));
}

/** The kernel itself puts files whose names end in .debug into such a file system. */
function pinnedFor(lab: Lab, node: LabNode): string[] {
  const folder = path.join(lab.setup.bpfFolder, node.name);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.debug'));
  return names.map((name) => `pinned: ${name}`);
}
