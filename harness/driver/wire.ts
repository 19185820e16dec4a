import { existsSync, writeFileSync } from 'node:fs';
import { execa } from 'execa';
import type { LegPlan, NodePlan, Plan } from '../topology/plan.ts';
import { cableAnew, lan, lansOf, legAnew, legsOnLan, node as nodeBatch } from './batch.ts';
import { amongWatchers } from './cgroup.ts';
import { setOffload } from './device.ts';
import type { MadeLab } from './driver.ts';
import { sendTagsInFrames } from './features.ts';
import { type LabNames, labNames } from './names.ts';
import { inNamespace } from './namespace.ts';

/** Wires a lab whose namespaces are there: switches, legs, addresses, routes, and the settings of each kind of node. */
export async function wire(plan: Plan, names: LabNames): Promise<void> {
  const { lab } = names;
  for (const netns of names.all()) inNamespace(netns, quieten);
  await Promise.all(lansOf(plan).map((name) => ipBatch(lab, lan(plan, names, name), names.lan(name))));
  for (const node of plan.nodes) inNamespace(names.node(node.name), () => prepareNode(node));
  for (const name of lansOf(plan)) inNamespace(names.lan(name), () => preparePorts(plan, name));
  await Promise.all(plan.nodes.map((node) => ipBatch(lab, nodeBatch(node), names.node(node.name))));
}

/** Runs one text of commands, in a namespace or on the host. The first refusal ends it and says which line it was. */
export async function ipBatch(lab: string, commands: string, netns?: string): Promise<void> {
  const where = netns === undefined ? [] : ['-n', netns];
  const done = await execa('sh', amongWatchers(lab, ['ip', ...where, '-batch', '-']), {
    input: commands,
    reject: false,
  });
  if (done.failed) throw new Error(refusal(commands, done.stderr, netns));
}

function refusal(commands: string, stderr: string, netns: string | undefined): string {
  const number = /Command failed -:(\d+)/.exec(stderr)?.[1];
  const command = number === undefined ? 'ip -batch' : `ip ${commands.split('\n')[Number(number) - 1]}`;
  return `"${command}" was refused in ${netns ?? 'the host namespace'}: ${stderr.split('\n')[0]}`;
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
export async function makeLegAnew(lab: MadeLab, node: NodePlan, leg: LegPlan, mac: LegPlan['mac']): Promise<void> {
  const names = labNames(lab.name, lab.plan);
  const lanName = lab.plan.segments.find(({ name }) => name === leg.segment)?.lan ?? leg.segment;
  const [nodeNetns, lanNetns] = [names.node(node.name), names.lan(lanName)];
  await ipBatch(lab.name, cableAnew(nodeNetns, { ...leg, mac }, lanName), lanNetns);
  inNamespace(nodeNetns, () => prepareLeg(leg));
  inNamespace(lanNetns, () => preparePort(leg));
  await ipBatch(lab.name, legAnew(node, leg), nodeNetns);
}

function sysctl(name: string, value: string): void {
  const file = `/proc/sys/${name}`;
  if (name.includes('ipv6') && !existsSync('/proc/sys/net/ipv6')) return;
  writeFileSync(file, value);
}
