import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type OtherNamespace, openNamespace, run } from '../kernel/private-namespaces.ts';

/** For tests: two nodes, in namespaces of their own, on two switches in this one, which holds the only server too. */
export interface TestPair {
  nodes: readonly [TestNode, TestNode];
  start(node: TestNode, ...options: string[]): ChildProcess;
  /** The states of both, by name; `gone` where no daemon answers. */
  states(): string;
  /** The nodes that have the NLBS address. */
  holders(): TestNode[];
  /** An orderly end. */
  stop(daemon: ChildProcess): Promise<void>;
}

export interface TestNode {
  number: number;
  name: string;
  namespace: OtherNamespace;
  config: string;
  socket: string;
  /** What its operator's script has written: a line for each change of state. */
  journal: string;
}

export interface NodeStatus {
  state: string;
  reason: string;
  peer: { alive: boolean };
  servers: { weight: number }[];
}

export const bin = join(import.meta.dirname, '..', 'bin');

export interface TestPairOptions {
  /** How many servers; all of them are this namespace. */
  servers?: number;
  /** Further settings of both nodes' data path, and further lines of their configuration. */
  datapath?: string;
  more?: string;
}

/** To be called in private namespaces. */
export async function openTestPair(
  t: Pick<Test, 'testdir' | 'teardown' | 'equal'>,
  options: TestPairOptions = {},
): Promise<TestPair> {
  const folder = t.testdir();
  const keyFile = join(folder, 'heartbeat.key');
  writeFileSync(keyFile, randomBytes(32).toString('base64'), { mode: 0o600 });
  const nodes = [await makeNode(t, folder, 1), await makeNode(t, folder, 2)] as const;
  // Seen by this test alone, as the mount namespace is private.
  run('mount -t bpf bpf /sys/fs/bpf');
  run('ip link set lo up');
  for (const lan of ['access', 'server']) run(`ip link add ${lan} type bridge forward_delay 0`);
  for (const lan of ['access', 'server']) run(`ip link set ${lan} up`);
  for (const address of serverAddresses(options)) run(`ip addr add ${address}/24 dev server`);
  for (const node of nodes) plug(node, join(folder, `${node.name}.hook`), keyFile, options);
  const server = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve) => server.listen(80, '0.0.0.0', resolve));
  t.teardown(() => server.close());
  return {
    nodes,
    start: (node, ...options) => {
      const daemon = startDaemon(node, options);
      t.teardown(() => daemon.kill('SIGKILL'));
      return daemon;
    },
    states: () => nodes.map(stateOf).join(),
    holders: () =>
      nodes.filter((node) => addresses(node).some((line) => /10\.77\.1\.100\/32.* access:nlbs/.test(line))),
    stop: async (daemon) => {
      daemon.kill('SIGTERM');
      t.equal(await ended(daemon), 0);
    },
  };
}

/** Where a node's data path is pinned. */
export const pinsOf = (name: string): string => `/sys/fs/bpf/${name}`;

const serverAddresses = ({ servers = 1 }: TestPairOptions): string[] =>
  Array.from({ length: servers }, (_, index) => `10.77.2.${21 + index}`);

async function makeNode(t: Pick<Test, 'teardown'>, folder: string, number: number): Promise<TestNode> {
  const namespace = await openNamespace();
  t.teardown(namespace.close);
  const name = `nlb${number}`;
  const place = (kind: string): string => join(folder, `${name}.${kind}`);
  return { number, name, namespace, config: place('yaml'), socket: place('sock'), journal: place('journal') };
}

function plug(node: TestNode, hook: string, keyFile: string, options: TestPairOptions): void {
  inside(node, 'ip link set lo up');
  for (const [i, lan] of ['access', 'server'].entries()) {
    run(`ip link add ${node.name}-${i} type veth peer name ${lan} netns ${node.namespace.pid}`);
    run(`ip link set ${node.name}-${i} master ${lan} up`);
    inside(node, `ip link set ${lan} up`);
    inside(node, `ip addr add 10.77.${i + 1}.1${node.number}/24 dev ${lan}`);
  }
  writeFileSync(hook, `#!/bin/sh\necho "$NLB_PREVIOUS $NLB_STATE" >> ${node.journal}\n`, { mode: 0o755 });
  writeFileSync(node.config, configOf(node, hook, keyFile, options));
}

function configOf({ number, name, socket }: TestNode, hook: string, keyFile: string, options: TestPairOptions): string {
  const other = 3 - number;
  const servers = serverAddresses(options).map((address, index) => `{ name: server${index + 1}, address: ${address} }`);
  return `node: ${name}
primary: ${number === 1}
access: { interface: access, address: 10.77.1.1${number} }
server: { interface: server, address: 10.77.2.1${number} }
nlbs: 10.77.1.100
peer: { name: nlb${other}, access: 10.77.1.1${other}, server: 10.77.2.1${other} }
# A test machine may be busy with other tests: ten times slower than the default.
heartbeat: { intervalMs: 50, leaseMs: 400, deadAfterMs: 500, keyFile: ${keyFile} }
clusterAddresses: [203.0.113.10]
servers: [${servers.join(', ')}]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
scripts: { initial: ${hook}, active: ${hook}, standby: ${hook}, inop: ${hook} }
datapath: { pinDirectory: ${pinsOf(name)}${options.datapath ? `, ${options.datapath}` : ''} }
control: { socket: ${socket} }
${options.more ?? ''}`;
}

function startDaemon({ namespace, config }: TestNode, options: string[]): ChildProcess {
  const [program = '', ...words] = [...namespace.enter, join(bin, 'nlbd'), '--config', config, ...options];
  return spawn(program, words, { stdio: 'ignore' });
}

export function inside(node: TestNode, command: string): string {
  return node.namespace.run(command);
}

export const addresses = (node: TestNode): string[] => inside(node, 'ip -o -4 addr show').split('\n').filter(Boolean);

export function ctl(node: TestNode, ...words: string[]) {
  return spawnSync(join(bin, 'nlbctl'), ['--socket', node.socket, ...words], { encoding: 'utf8' });
}

/** Undefined where no daemon answers. */
export function statusOf(node: TestNode): NodeStatus | undefined {
  const { status, stdout } = ctl(node, 'status', '--json');
  return status === 0 ? (JSON.parse(stdout) as NodeStatus) : undefined;
}

export const stateOf = (node: TestNode): string => statusOf(node)?.state ?? 'gone';

export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => child.once('exit', resolve));
