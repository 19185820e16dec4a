import { existsSync, globSync } from 'node:fs';
import { cpus, release, totalmem } from 'node:os';
import { execa } from 'execa';
import { findCgroup2 } from '../driver/cgroup.ts';
import { driverNamed } from '../driver/drivers.ts';
import { whyNoClocks } from '../fault/clock.ts';

/** What a probe found: the thing is there, is not there, or could not be told (no root, say). */
export interface Finding {
  subject: string;
  answer: 'yes' | 'no' | 'unknown';
  detail: string;
  /** Whether the main job needs it. */
  needed: boolean;
  /** What would change a `no`. */
  remedy?: string;
}

type Probe = () => Promise<Finding> | Finding;

/** Asks everything of this machine, changing nothing of it but throw-away namespaces that are gone afterwards. */
export async function examine(): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const probe of PROBES) findings.push(await probe());
  return findings;
}

const PROBES: Probe[] = [
  kernelVersion,
  root,
  cgroup2,
  () => file('kernel type information (BTF)', '/sys/kernel/btf/vmlinux', true, 'a kernel with CONFIG_DEBUG_INFO_BTF'),
  ...(['ip', 'iptables', 'keepalived', 'nft', 'tcpdump', 'bash', 'chrt', 'nsenter', 'unshare'] as const).map(
    (name) => () => command(name),
  ),
  libbpf,
  faketime,
  () => link('veth pairs and network namespaces', 'veth', true),
  () => link('bridges', 'bridge', true),
  () => link('macvlan, for the firewalls’ virtual MACs', 'macvlan', true),
  connectionTracking,
  netem,
  containers,
  () => file('IPVS, for that rival', '/proc/net/ip_vs', false, 'a kernel with CONFIG_IP_VS'),
];

function kernelVersion(): Finding {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const fits = major > 5 || (major === 5 && minor >= 15);
  const remedy = 'a kernel from 5.15 on';
  return {
    subject: 'kernel',
    answer: fits ? 'yes' : 'no',
    detail: release(),
    needed: true,
    ...(fits ? {} : { remedy }),
  };
}

const isRoot = (): boolean => process.getuid?.() === 0;

function root(): Finding {
  const remedy = 'start it with sudo';
  return {
    subject: 'root',
    answer: isRoot() ? 'yes' : 'no',
    detail: `user id ${process.getuid?.()}`,
    needed: true,
    ...(isRoot() ? {} : { remedy }),
  };
}

function cgroup2(): Finding {
  const mounted = findCgroup2();
  const base = { subject: 'control groups, version 2', needed: true };
  if (mounted) return { ...base, answer: 'yes', detail: mounted };
  return { ...base, answer: 'no', detail: 'not mounted', remedy: 'mount -t cgroup2 none /sys/fs/cgroup' };
}

function file(subject: string, path: string, needed: boolean, remedy: string): Finding {
  if (existsSync(path)) return { subject, answer: 'yes', detail: path, needed };
  return { subject, answer: 'no', detail: `${path} is not there`, needed, remedy };
}

const INSTALLED_BY_US = 'onevip installs it on Debian when it is started as root';

/** The loader of the eBPF data path, where Debian and others have it. */
function libbpf(): Finding {
  const subject = 'the library libbpf.so.1';
  const [found] = globSync(['/usr/lib/*/libbpf.so.1', '/usr/lib*/libbpf.so.1']);
  if (found) return { subject, answer: 'yes', detail: found, needed: true };
  return { subject, answer: 'no', detail: 'not in /usr/lib', needed: true, remedy: INSTALLED_BY_US };
}

/** Steps wall clocks. Where it is missing, the suite of that fails, and says so; the others run. */
function faketime(): Finding {
  const why = whyNoClocks();
  const base = { subject: 'the library libfaketime, for steps of the wall clock', needed: false };
  if (why === undefined) return { ...base, answer: 'yes', detail: 'found' };
  return { ...base, answer: 'no', detail: why, remedy: INSTALLED_BY_US };
}

async function containers(): Promise<Finding> {
  const base = { subject: 'containers, for --driver docker and onevip/testcontainers', needed: false };
  const missing = await driverNamed('docker').missing?.();
  if (missing === undefined) return { ...base, answer: 'yes', detail: 'an engine, and an image' };
  const remedy =
    'an engine that runs as root on this machine (apt-get install docker.io), and its image: ./onevip image';
  return { ...base, answer: 'no', detail: missing.split('. ')[0] ?? missing, remedy };
}

function command(name: string): Finding {
  const folders = (process.env.PATH ?? '').split(':');
  const found = folders.map((folder) => `${folder}/${name}`).find(existsSync);
  const base = { subject: `the command ${name}`, needed: true };
  if (found) return { ...base, answer: 'yes', detail: found };
  return { ...base, answer: 'no', detail: 'not on PATH', remedy: INSTALLED_BY_US };
}

/** Runs commands in a namespace that lives as long as they do. */
async function inThrowAway(script: string): Promise<{ works: boolean; why: string } | undefined> {
  if (!isRoot()) return undefined;
  const done = await execa('unshare', ['--net', 'sh', '-c', script], { reject: false });
  return { works: done.exitCode === 0, why: String(done.stderr).split('\n')[0] ?? '' };
}

async function tried(subject: string, script: string, needed: boolean, remedy: string): Promise<Finding> {
  const found = await inThrowAway(script);
  if (!found) return { subject, answer: 'unknown', detail: 'only root can try it', needed };
  if (found.works) return { subject, answer: 'yes', detail: 'tried', needed };
  return { subject, answer: 'no', detail: found.why, needed, remedy };
}

function link(subject: string, type: string, needed: boolean): Promise<Finding> {
  const below = type === 'macvlan' ? 'ip link add below type veth && ip link add l0 link below' : 'ip link add l0';
  return tried(subject, `${below} type ${type}`, needed, `a kernel with ${type}`);
}

function connectionTracking(): Promise<Finding> {
  const rule = 'iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT';
  return tried('iptables with connection tracking', rule, true, 'a kernel with nf_conntrack and its iptables match');
}

async function netem(): Promise<Finding> {
  const script = 'ip link add l0 type veth && tc qdisc add dev l0 root netem delay 1ms';
  const remedy = 'a kernel with CONFIG_NET_SCH_NETEM; the harness does without it';
  return tried('netem', script, false, remedy);
}

/** Kernel, Node, and the hardware, for reports. */
export function machine(): { kernel: string; node: string; cores: number; memoryBytes: number; cpu: string } {
  const processors = cpus();
  const cpu = processors[0]?.model.trim() || 'unknown model';
  return { kernel: release(), node: process.version, cores: processors.length, memoryBytes: totalmem(), cpu };
}
