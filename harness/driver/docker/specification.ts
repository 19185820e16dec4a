import { existsSync, mkdirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import type { ContainerCreateOptions } from 'dockerode';
import type { NodeKind, NodePlan } from '../../topology/plan.ts';
import { netnsPath } from '../namespace.ts';
import { labFolder, STATE_ROOT } from '../registry.ts';
import type { Image } from './image.ts';

/** What containers of a lab are asked for, as pure functions. */

/** Labels by which what is left of a lab is found: its name, and which register of labs it stands in. */
export const LABELS = {
  lab: 'onevip.lab',
  node: 'onevip.node',
  register: 'onevip.register',
  /** What the container is: the node itself, or what holds its network. */
  part: 'onevip.part',
} as const;

/**
 * What a node may do with its own network, and no more. A load balancer also beats at real-time priority from memory that is not
 * swapped out, and loads packet programs (BPF) that read the kernel's own structures (PERFMON). A client keeps time at real-time
 * priority.
 */
const CAPABILITIES: Record<NodeKind, readonly string[]> = {
  client: ['NET_ADMIN', 'NET_RAW', 'SYS_NICE'],
  router: ['NET_ADMIN', 'NET_RAW'],
  firewall: ['NET_ADMIN', 'NET_RAW', 'SYS_NICE'],
  nlb: ['NET_ADMIN', 'NET_RAW', 'SYS_NICE', 'IPC_LOCK', 'BPF', 'PERFMON'],
  server: ['NET_ADMIN', 'NET_RAW', 'NET_BIND_SERVICE'],
};

/** What programs have that the harness begins on such a node. */
export const capabilitiesOf = (kind: NodeKind): readonly string[] => CAPABILITIES[kind];

/** Docker 20.10 refuses them by name, and needs them not: the harness's programs enter from outside, and bring them. */
const UNKNOWN_TO_ENGINES = ['BPF', 'PERFMON'];

/** Name of the container that is a node, and of the one that holds the node's network while that one is restarted. */
const containerName = (lab: string, node: string): string => `ov-${lab}.${node}`;
const holderName = (lab: string, node: string): string => `${containerName(lab, node)}.network`;

/** Reaps what its own process leaves, and ends at once when it is told to. */
const IDLE = ['sh', '-c', 'sleep infinity & wait'];

const common = (image: Image, lab: string, node: string, part: 'network' | 'node'): ContainerCreateOptions => ({
  Image: image.name,
  StopSignal: 'SIGKILL',
  Labels: labelsOf(lab, node, part),
});

const labelsOf = (lab: string, node: string, part: 'network' | 'node' | 'guest'): Record<string, string> => ({
  [LABELS.lab]: lab,
  [LABELS.node]: node,
  [LABELS.register]: STATE_ROOT,
  [LABELS.part]: part,
});

const COMMON_HOST = { LogConfig: { Type: 'none', Config: {} }, CapDrop: ['ALL'] };

/** Its first process enters the node's network, gives up everything, and sleeps. */
const hold = (netns: string): string[] => [
  'nsenter',
  `--net=${netnsPath(netns)}`,
  'setpriv',
  '--inh-caps=-all',
  '--bounding-set=-all',
  'sleep',
  'infinity',
];

/**
 * Holds the network of a node: the namespace belongs to the lab, and a node that is restarted finds its links as they were. It is
 * begun without a network of its own, which would take the engine longer than all the rest of it, and enters that of the node.
 */
export function holderOptions(image: Image, lab: string, { name }: NodePlan, netns: string): ContainerCreateOptions {
  const network = `${netnsPath(netns)}:${netnsPath(netns)}`;
  const HostConfig = {
    ...COMMON_HOST,
    NetworkMode: 'host',
    IpcMode: 'none',
    CapAdd: ['SYS_ADMIN', 'SETPCAP'],
    Binds: [...(image.isHosts ? hostBinds() : []), network],
  };
  return { ...common(image, lab, name, 'network'), name: holderName(lab, name), Cmd: hold(netns), HostConfig };
}

/** The node itself: nothing runs in it yet. */
export function nodeOptions(image: Image, lab: string, { name, kind }: NodePlan): ContainerCreateOptions {
  const HostConfig = {
    ...COMMON_HOST,
    NetworkMode: networkOf(lab, name),
    IpcMode: 'private',
    CapAdd: CAPABILITIES[kind].filter((name) => !UNKNOWN_TO_ENGINES.includes(name)),
    ReadonlyPaths: READ_ONLY,
    Binds: [
      ...(image.isHosts ? hostBinds() : []),
      ...projectBinds(),
      ...[...compileCache(), labFolder(lab)].map(writable),
    ],
  };
  return {
    ...common(image, lab, name, 'node'),
    name: containerName(lab, name),
    Cmd: IDLE,
    HostConfig,
  } as ContainerCreateOptions;
}

const networkOf = (lab: string, node: string): string => `container:${holderName(lab, node)}`;

/** What the maker of a container asks for so that it is a node: the node's network, and the labels by which it is removed with the lab. */
export const guestSettings = (lab: string, node: string) => ({
  networkMode: networkOf(lab, node),
  labels: labelsOf(lab, node, 'guest'),
});

/** What engines make read-only in a container, but for the settings of its own network, which firewalls and load balancers change. */
const READ_ONLY = [
  ...['bus', 'fs', 'irq', 'sysrq-trigger'].map((name) => `/proc/${name}`),
  ...['abi', 'debug', 'dev', 'fs', 'kernel', 'user', 'vm'].map((name) => `/proc/sys/${name}`),
];

/** This machine's programs, and what they look up. */
const USERLAND_PATHS = [
  '/usr',
  '/etc/alternatives',
  '/etc/group',
  '/etc/iproute2',
  '/etc/ld.so.cache',
  '/etc/nsswitch.conf',
  '/etc/passwd',
  '/etc/protocols',
  '/etc/services',
];

export const hostBinds = (): string[] => USERLAND_PATHS.filter((file) => existsSync(file)).map(readOnly);

const PROJECT = path.resolve(import.meta.dirname, '../../..');

/** The project, its libraries and Node, at the paths that they have here, so that a command means the same on every node. */
function projectBinds(): string[] {
  const node = path.resolve(realpathSync(process.execPath), '../..');
  const modules = realpathSync(path.join(PROJECT, 'node_modules'));
  return outermost([PROJECT, node, modules].filter((folder) => folder !== '/usr')).map(readOnly);
}

/** What Node has compiled, which programs on nodes read, and write where they are the first to compile it. */
function compileCache(folder = process.env.NODE_COMPILE_CACHE): string[] {
  if (!folder) return [];
  mkdirSync(folder, { recursive: true });
  return [folder];
}

/** Folders that are in no other one. */
export const outermost = (folders: readonly string[]): string[] =>
  [...new Set(folders)].filter((folder) => !folders.some((other) => folder.startsWith(`${other}/`)));

const readOnly = (file: string): string => `${file}:${file}:ro`;
const writable = (folder: string): string => `${folder}:${folder}`;
