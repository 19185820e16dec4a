import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { execa } from 'execa';
import { lansOf, lanUnmade, namespaces } from './batch.ts';
import { amongWatchers, makeCgroup, removeCgroups, WATCHERS } from './cgroup.ts';
import type { Driver, MadeLab } from './driver.ts';
import { HostNode, inControlGroup } from './host-node.ts';
import { HostSegment } from './host-segment.ts';
import { type LabNames, labNames } from './names.ts';
import { netnsPath } from './namespace.ts';
import { bpfFolder, forget, type LabState, register } from './registry.ts';
import { ipBatch, wire } from './wire.ts';

/** Each node is a network namespace and a control group: no more is needed, and a lab is made in a third of a second. */
export const netns: Driver = {
  name: 'netns',
  make: makeLab,
  unmake: unmakeLab,
  node: (lab, plan) =>
    new HostNode(lab, plan, labNames(lab.name, lab.plan).node(plan.name), inControlGroup(lab.name, plan.name)),
  segment: (lab, lan) => new HostSegment(lan, labNames(lab.name, lab.plan).lan(lan)),
};

/**
 * Makes the network of `state.plan`: namespaces, switches, legs, addresses, routes. Nothing runs in it yet.
 * What is made carries the lab's name; when a step fails, what was made is unmade and the failure is thrown.
 */
export async function makeLab(state: LabState): Promise<void> {
  const { name: lab, plan } = state;
  const names = labNames(lab, plan);
  register(state);
  try {
    for (const group of [...plan.nodes.map(({ name }) => name), WATCHERS]) makeCgroup(lab, group);
    await Promise.all([mountBpf(lab), ipBatch(lab, namespaces(names.all()))]);
    await wire(plan, names);
  } catch (error) {
    await unmakeLab(state);
    throw error;
  }
}

/** A BPF file system of the lab's own. */
export async function mountBpf(lab: string): Promise<void> {
  const folder = bpfFolder(lab);
  mkdirSync(folder);
  await execa('sh', amongWatchers(lab, ['mount', '-t', 'bpf', '-o', 'mode=0700', 'none', folder]));
}

/**
 * Ends every process of the lab and removes all of it. Safe to run on what was half made, to run again, and to run while
 * somebody else does the same.
 */
export async function unmakeLab(lab: MadeLab): Promise<void> {
  await removeCgroups(lab.name);
  const names = labNames(lab.name, lab.plan);
  await removeCables(lab, names);
  await removeNamespaces(names);
  await unmountBpf(lab.name);
  forget(lab.name);
}

/**
 * The kernel takes all interfaces of a namespace away in one go, and holds its lock on network settings meanwhile, which is one for the
 * whole machine: for 45 to 65 ms of a lab, in which no other lab's load balancer could put its address back.
 */
async function removeCables({ plan }: MadeLab, names: LabNames): Promise<void> {
  for (const lan of lansOf(plan).filter((name) => existsSync(netnsPath(names.lan(name))))) {
    const unmake = ['-n', names.lan(lan), '-force', '-batch', '-'];
    // Of a lab that was half made, or half unmade, some are not there.
    await execa('ip', unmake, { input: lanUnmade(plan, lan), reject: false });
  }
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
