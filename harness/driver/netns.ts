import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { execa } from 'execa';
import type { LegPlan, NodePlan, Plan } from '../topology/plan.ts';
import { cableAnew, lan, lansOf, legAnew, legsOnLan, namespaces, node as nodeBatch } from './batch.ts';
import { cgroupPath, makeCgroup, removeCgroups, WATCHERS } from './cgroup.ts';
import { setOffload } from './device.ts';
import { sendTagsInFrames } from './features.ts';
import { type LabNames, labNames } from './names.ts';
import { inNamespace, netnsPath } from './namespace.ts';
import { forget, type LabState, labFolder, register } from './registry.ts';

/** Where a lab's BPF objects are pinned: a BPF file system of its own, so that one unmount lets all of them go. */
export const bpfFolder = (lab: string): string => path.join(labFolder(lab), 'bpf');

/**
 * Makes the network of `state.plan`: namespaces, switches, legs, addresses, routes. Nothing runs in it yet.
 * What is made carries the lab's name; when a step fails, what was made is unmade and the failure is thrown.
 */
export async function makeLab(state: LabState): Promise<void> {
  register(state);
  try {
    await build(state.plan, labNames(state.name, state.plan));
  } catch (error) {
    await unmakeLab(state);
    throw error;
  }
}

async function build(plan: Plan, names: LabNames): Promise<void> {
  const { lab } = names;
  for (const group of [...plan.nodes.map(({ name }) => name), WATCHERS]) makeCgroup(lab, group);
  await Promise.all([mountBpf(lab), make(lab, namespaces(names))]);
  for (const netns of names.all()) inNamespace(netns, quieten);
  await Promise.all(lansOf(plan).map((name) => make(lab, lan(plan, names, name), names.lan(name))));
  for (const node of plan.nodes) inNamespace(names.node(node.name), () => prepareNode(node));
  for (const name of lansOf(plan)) inNamespace(names.lan(name), () => preparePorts(plan, name));
  await Promise.all(plan.nodes.map((node) => make(lab, nodeBatch(node), names.node(node.name))));
}

/** Begins in the lab's control group, and not at all once that is gone: what a killed maker left running ends with the lab. */
const JOIN = 'echo $$ >"$1" && shift && exec "$@"';

const inGroup = (lab: string, command: string[]): string[] => [
  '-c',
  JOIN,
  'sh',
  path.join(cgroupPath(lab, WATCHERS), 'cgroup.procs'),
  ...command,
];

/** Runs one text of commands, in a namespace or on the host. The first refusal ends it and says which line it was. */
async function make(lab: string, commands: string, netns?: string): Promise<void> {
  const where = netns === undefined ? [] : ['-n', netns];
  const done = await execa('sh', inGroup(lab, ['ip', ...where, '-batch', '-']), { input: commands, reject: false });
  if (done.failed) throw new Error(refusal(commands, done.stderr, netns));
}

function refusal(commands: string, stderr: string, netns: string | undefined): string {
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const command = number === undefined ? 'ip -batch' : `ip ${commands.split('\n')[Number(number) - 1]}`;
  return `"${command}" was refused in ${netns ?? 'the host namespace'}: ${stderr.split('\n')[0]}`;
}

async function mountBpf(lab: string): Promise<void> {
  const folder = bpfFolder(lab);
  mkdirSync(folder);
  await execa('sh', inGroup(lab, ['mount', '-t', 'bpf', '-o', 'mode=0700', 'none', folder]));
}

/** No IPv6 chatter (it comes later), and no second guess about where a source address belongs. */
function quieten(): void {
  sysctl('net/ipv6/conf/all/disable_ipv6', '1');
  sysctl('net/ipv6/conf/default/disable_ipv6', '1');
  sysctl('net/ipv4/conf/all/rp_filter', '0');
  sysctl('net/ipv4/conf/default/rp_filter', '0');
}

function prepareNode(node: NodePlan): void {
  if (node.forwards) routePackets();
  if (node.kind === 'server') hideLoopbackAddresses();
  for (const leg of node.legs) prepareLeg(leg);
}

const prepareLeg = ({ name }: LegPlan): void => setOffload(name, 'tx-checksum', false);

function routePackets(): void {
  sysctl('net/ipv4/ip_forward', '1');
  for (const scope of ['all', 'default']) sysctl(`net/ipv4/conf/${scope}/send_redirects`, '0');
}

/** A server holds the cluster address on its loopback and must neither answer for it nor name it in an ARP request. */
function hideLoopbackAddresses(): void {
  for (const scope of ['all', 'default']) {
    sysctl(`net/ipv4/conf/${scope}/arp_ignore`, '1');
    sysctl(`net/ipv4/conf/${scope}/arp_announce`, '2');
  }
}

function preparePorts(plan: Plan, lanName: string): void {
  if (existsSync('/proc/sys/net/bridge')) sysctl('net/bridge/bridge-nf-call-iptables', '0');
  for (const { leg } of legsOnLan(plan, lanName)) preparePort(leg);
}

function preparePort({ port }: LegPlan): void {
  setOffload(port, 'gro', true);
  sendTagsInFrames(port);
}

/**
 * Unmakes a leg of a node, and makes it again as the plan says: another interface of the same name, with the hardware address
 * that is given, and with the plan's address and routes.
 */
export async function makeLegAnew(state: LabState, node: NodePlan, leg: LegPlan, mac: LegPlan['mac']): Promise<void> {
  const names = labNames(state.name, state.plan);
  const lanName = state.plan.segments.find(({ name }) => name === leg.segment)?.lan ?? leg.segment;
  const [nodeNetns, lanNetns] = [names.node(node.name), names.lan(lanName)];
  await make(state.name, cableAnew(nodeNetns, { ...leg, mac }, lanName), lanNetns);
  inNamespace(nodeNetns, () => prepareLeg(leg));
  inNamespace(lanNetns, () => preparePort(leg));
  await make(state.name, legAnew(node, leg), nodeNetns);
}

function sysctl(name: string, value: string): void {
  const file = `/proc/sys/${name}`;
  if (name.includes('ipv6') && !existsSync('/proc/sys/net/ipv6')) return;
  writeFileSync(file, value);
}

/**
 * Ends every process of the lab and removes all of it. Safe to run on what was half made, to run again, and to run while
 * somebody else does the same.
 */
export async function unmakeLab(state: Pick<LabState, 'name' | 'plan'>): Promise<void> {
  await removeCgroups(state.name);
  await removeNamespaces(labNames(state.name, state.plan));
  await unmountBpf(state.name);
  forget(state.name);
}

async function removeNamespaces(names: LabNames): Promise<void> {
  const present = () => names.all().filter((netns) => existsSync(netnsPath(netns)));
  const lanFirst = present().sort((a, b) => Number(b.includes('.lan.')) - Number(a.includes('.lan.')));
  const commands = lanFirst.map((netns) => `netns delete ${netns}\n`).join('');
  const done = await execa('ip', ['-force', '-batch', '-'], { input: commands, reject: false });
  if (present().length > 0) throw new Error(`cannot delete ${present().join(', ')}: ${done.stderr}`);
}

async function unmountBpf(lab: string): Promise<void> {
  const folder = bpfFolder(lab);
  const isMounted = () => readFileSync('/proc/self/mounts', 'utf8').includes(` ${folder} `);
  if (!isMounted()) return;
  const done = await execa('umount', [folder], { reject: false });
  if (isMounted()) throw new Error(`cannot unmount ${folder}: ${done.stderr}`);
}
