import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { deviceIndex } from '../driver/device.ts';
import { tcxPrograms } from '../driver/tcx.ts';
import type { LabNode } from '../node/node.ts';
import { readJson } from './census.ts';
import type { Lab } from './lab.ts';

interface LinkText {
  ifname: string;
  ifindex: number;
  xdp?: { prog?: { id: number } };
}

interface FilterText {
  kind?: string;
  options?: { bpf_name?: string };
}

/**
 * What of packet programs a node has, a line for each: `access: xdp 17` (or tc, or tcx) for what is attached to a device, `access: ingress
 * chain port0` for one of the packet filter, `access: packet socket` for one that hears everything there, `pinned: …`
 * for what is kept by a name in the lab's BPF file system, and so lives without a process.
 */
export async function attachedTo(lab: Lab, node: LabNode): Promise<string[]> {
  const links = await readJson<LinkText>(node, ['ip', '-json', '-details', 'link']);
  const programs = links.flatMap(({ ifname, xdp }) => (xdp?.prog ? [`${ifname}: xdp ${xdp.prog.id}`] : []));
  const filters = await Promise.all(node.home.plan.legs.map(({ name }) => filtersOn(node, name)));
  const inUserSpace = [...(await chainsOn(node)), ...socketsOn(node, links)];
  return [...programs, ...filters.flat(), ...inUserSpace, ...pinnedFor(lab, node)];
}

/** Programs of the classic kind, and those of tcx, which `tc` does not show. */
async function filtersOn(node: LabNode, device: string): Promise<string[]> {
  const found = await readJson<FilterText>(node, ['tc', '-json', 'filter', 'show', 'dev', device, 'ingress']);
  const classic = found.flatMap(({ options }) => (options?.bpf_name ? [`${device}: tc ${options.bpf_name}`] : []));
  const tcx = node.inside(() => tcxPrograms(deviceIndex(device)));
  return [...classic, ...tcx.map((id) => `${device}: tcx ${id}`)];
}

/** As text, because nft 1.0.6 leaves the device out of its JSON. */
async function chainsOn(node: LabNode): Promise<string[]> {
  const { stdout } = await node.runBeside(['nft', 'list', 'chains', 'netdev']);
  const chains = stdout.matchAll(/chain (\S+) \{\s*type \S+ hook ingress device "([^"]+)"/g);
  return Array.from(chains, ([, chain, device]) => `${device}: ingress chain ${chain}`);
}

/** Fields of /proc/net/packet: the protocol that it hears, in hexadecimal, and the number of its interface. */
const [PROTOCOL, INTERFACE] = [3, 4];
const EVERY_PROTOCOL = '0003';

function socketsOn(node: LabNode, links: readonly LinkText[]): string[] {
  const listed = node.inside(() => readFileSync('/proc/thread-self/net/packet', 'utf8'));
  const rows = listed.split('\n').map((line) => line.trim().split(/\s+/));
  const heard = rows.filter((row) => row[PROTOCOL] === EVERY_PROTOCOL).map((row) => Number(row[INTERFACE]));
  return links.flatMap(({ ifname, ifindex }) => (heard.includes(ifindex) ? [`${ifname}: packet socket`] : []));
}

/** The kernel itself puts files whose names end in .debug into such a file system. */
function pinnedFor(lab: Lab, node: LabNode): string[] {
  const folder = path.join(lab.setup.bpfFolder, node.name);
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.endsWith('.debug'));
  return names.map((name) => `pinned: ${name}`);
}
