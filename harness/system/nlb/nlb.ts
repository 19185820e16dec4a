import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import { PromiseBroken } from '../../clock/until.ts';
import type { LabNode } from '../../node/node.ts';
import type { NodePlan, Plan } from '../../topology/plan.ts';
import { commitOf, PROJECT } from '../commits.ts';
import { type PairSetup, type Role, type System, systemWith } from '../system.ts';
import { dropsIn } from './drops.ts';
import { answerAt, type StatusSaid, statusAt } from './socket.ts';
import { unpackVersion } from './versions.ts';

const STATES: Role[] = ['initial', 'active', 'standby', 'inop'];

/**
 * Labs share two cores with other labs, and a kernel without preemption may hold up even a real-time thread for 35 ms while
 * another lab's memory is made ready (measured). So the pair is more patient here than by default; what the defaults do is
 * for the failover benchmark, which has the machine to itself.
 */
const LAB_HEARTBEAT = { intervalMs: 20, leaseMs: 150, deadAfterMs: 200 };

/** The default million takes 100 MiB on each node, and its making is what holds up the neighbours. */
const LAB_TABLES = { maxConnections: 16_384, maxUdpFlows: 4096, maxServers: 256, maxServices: 64 };
/** A daemon of another version refuses a file with settings that it does not know: it is given those that every version has. */
const { maxUdpFlows: _, ...TABLES_OF_EVERY_VERSION } = LAB_TABLES;

/** So that a target is lost in a third of a second, and a hold-down is over in one. */
const LAB_REACH = { intervalMs: 100, timeoutMs: 60, rise: 2, fall: 3 };
const LAB_HOLD_DOWN = { holdDownMs: 1000, holdDownMaxMs: 8000 };

/** Where the configuration names none. */
const HEARTBEAT_PORT = 4694;
const SYNC_PORT = 4695;
/** Only the last of the announcements after a takeover comes so long after the one before it. */
const LAST_GAP_MS = 1000;
/** The daemon's log, among a node's. */
const LOG = 'nlbd';
/** Loaded before the daemon: its main thread can be held up by signals. */
const HOLDABLE = { NODE_OPTIONS: `--import=${path.join(import.meta.dirname, 'block-main.ts')}` };

/** Our own load balancer, seen from outside: `nlbd`, `nlbctl` and a configuration file. */
export const nlb: System = systemWith(
  {
    name: 'nlb',
    version: () => {
      const { version } = JSON.parse(readFileSync(path.join(PROJECT, 'package.json'), 'utf8')) as { version: string };
      const commit = commitOf('HEAD');
      return commit === undefined ? version : `${version} (${commit.slice(0, 12)})`;
    },
    missing: () => undefined,
    commands: path.join(PROJECT, 'nlb', 'bin'),
    statusCommand: 'nlbctl status',
    labels: { alias: 'access:nlbs', loopback: 'lo:nlb' },
    deadAfterMs: LAB_HEARTBEAT.deadAfterMs,
    environment: (node, { folder }) => ({ NLB_SOCKET: socketFile(folder, node) }),
    start: (node, setup) => {
      const file = writeConfiguration(node, setup);
      const program = setup.commands === undefined ? 'nlbd' : path.join(setup.commands, 'nlbd');
      const words = [program, '--config', file, ...(setup.keeps ? ['--keep'] : [])];
      return node.start(LOG, words, setup.holdable ? HOLDABLE : {});
    },
    lacksBy: {
      userspace: {
        inStep: 'packets that wait for the other node’s acknowledgement are held by the programs in the kernel alone',
      },
    },
    dataPath: async (node) => (await saidBy(node))?.datapath.mode,
  },
  {
    role: async (node) => {
      const status = await saidBy(node);
      return STATES.find((role) => role === status?.state);
    },
    fitness: async (node) => (await saidBy(node))?.fitness === 'fit',
    handover: { standBy: (node) => order(node, 'standby'), takeOver: (node) => order(node, 'takeover') },
    reload: async (node, setup) => {
      writeConfiguration(node, setup);
      await reload(node);
    },
    stateScripts: { script: stateScript, journal: journalFile, stateVariable: 'NLB_STATE' },
    eventLog: { read: ['nlbctl', 'events'], follow: ['nlbctl', 'events', '--follow'] },
    stampedLog: {
      label: LOG,
      lastStampMs: (log) => Date.parse([...log.matchAll(/"time":"([^"]+)"/g)].at(-1)?.[1] ?? ''),
    },
    heartbeats: { sentTo: HEARTBEAT_PORT, match: `udp dport ${HEARTBEAT_PORT}`, legs: ['access', 'server'] },
    standbyBeats: true,
    signedHeartbeats: { port: HEARTBEAT_PORT },
    refusals,
    drops: async (node) => {
      const status = await saidBy(node);
      return status && { counts: dropsIn(status.datapath), life: String(status.pid), anew: !status.datapath.adopted };
    },
    witness: true,
    lease: true,
    // Where two have spoken for it, the one that leads begins anew, so their number says nothing.
    announcements: (atMs) => (atMs.at(-1) ?? 0) - (atMs.at(-2) ?? Number.POSITIVE_INFINITY) >= LAST_GAP_MS,
    defence: true,
    healthChecks: true,
    neighbours: true,
    weights: true,
    draining: true,
    serving: async (node) => {
      const status = await saidBy(node);
      return status && Object.fromEntries(status.services.map(({ name, servers }) => [name, servers]));
    },
    reachTargets: true,
    failback: true,
    holdDown: true,
    keeps: true,
    furtherInterfaces: true,
    inStep: {
      isSo: async (node) => {
        const inStep = (await saidBy(node))?.inStep;
        return inStep?.part === 'leads' && inStep.isInStep;
      },
      mayChange: async (node) => {
        const inStep = (await saidBy(node))?.inStep;
        return inStep?.part === 'leads' && inStep.isInStep && inStep.graceLeftMs === 0;
      },
      compare,
      match: `udp dport ${SYNC_PORT}`,
    },
    mainThread: {
      log: LOG,
      socket: ({ home }) => home.env.NLB_SOCKET ?? '',
      statusRequest: '{"command":"status"}\n',
      followRequest: '{"command":"follow"}\n',
    },
    versions: unpackVersion,
  },
  {},
);

function writeConfiguration(node: LabNode, setup: PairSetup): string {
  const file = path.join(setup.folder, `${node.name}.nlbd.yaml`);
  writeFileSync(file, stringify(configuration(node.home.plan, setup, writeStateScript(node.name, setup.folder))));
  return file;
}

const saidBy = (node: LabNode): Promise<StatusSaid | undefined> => statusAt(node.home.env.NLB_SOCKET ?? '');

/** A requirement is about these numbers as the operator sees them, so they are read as he reads them. */
async function refusals(node: LabNode): Promise<Record<string, number>> {
  const { peer, datapath } = await statusOf(node);
  const dropped = (outcome: string) => datapath.outcomes[outcome]?.packets ?? 0;
  const tooMany = (peer.refused['too many'] ?? 0) + dropped('DROPPED_BEAT_FLOOD');
  return { ...peer.refused, 'no beat': dropped('DROPPED_NO_BEAT'), 'too many': tooMany };
}

interface StatusRead {
  /** What the daemon refused, and what the data path dropped before it. */
  peer: { refused: Record<string, number> };
  datapath: { outcomes: Record<string, { packets: number }> };
}

const statusOf = async (node: LabNode): Promise<StatusRead> => (await told(node, 'status')) as StatusRead;

/** What `nlbctl` tells in answer to these words. */
async function told(node: LabNode, ...words: string[]): Promise<unknown> {
  const asked = await node.run(['nlbctl', ...words, '--json']);
  if (asked.exitCode !== 0) throw new Error(`nlbctl ${words.join(' ')} on ${node.name} failed: ${asked.stderr}`);
  return JSON.parse(asked.stdout);
}

async function compare(node: LabNode): Promise<{ same: number; different: number }> {
  const { inStep } = (await told(node, 'sync', '--compare')) as SyncRead;
  if (!inStep?.compared) throw new Error(`${node.name} has nobody to compare with`);
  const { same, different } = inStep.compared;
  return { same, different };
}

interface SyncRead {
  inStep: { compared: { same: number; different: number } | null } | null;
}

/** @throws PromiseBroken when the daemon refuses: that it obeys is what it promises */
async function order(node: LabNode, word: 'standby' | 'takeover'): Promise<void> {
  const done = await node.run(['nlbctl', word]);
  if (done.exitCode !== 0)
    throw new PromiseBroken(`nlbctl ${word} on ${node.name} is obeyed; ${done.stderr || done.stdout}`, 0);
}

/** Many services take a while, and the machine may be busy. */
const RELOADS_WITHIN_MS = 10_000;

/**
 * As `nlbctl reload`, but at the socket, as statuses are asked for: weights change several times a second.
 * @throws PromiseBroken when the daemon refuses: that it obeys is what it promises
 */
async function reload(node: LabNode): Promise<void> {
  const answer = await answerAt(node.home.env.NLB_SOCKET ?? '', { command: 'reload' }, RELOADS_WITHIN_MS);
  const said = answer?.ok ? (answer.value as { outcome: string; problems: string[] }) : undefined;
  const why = answer?.ok === false ? answer.error : said?.outcome === 'refused' ? said.problems.join('; ') : undefined;
  if (answer === undefined || why !== undefined)
    throw new PromiseBroken(`${node.name} takes up its configuration; ${why ?? 'its daemon does not answer'}`, 0);
}

const socketFile = (folder: string, node: string): string => path.join(folder, `${node}.nlbd.sock`);

/** The operator's script of every state: one line in the node's journal for each entry, with the clock that it saw: a shell can read no other without a process. */
function writeStateScript(node: string, folder: string): string {
  const script = stateScript(folder, node);
  const journal = journalFile(folder, node);
  const line = '"$NLB_STATE" "$NLB_PREVIOUS" "$uptime" "$NLB_SINCE" "$NLB_REASON"';
  const lines = [
    '#!/bin/sh',
    'read -r uptime _ </proc/uptime',
    `printf '%s\\t%s\\t%s\\t%s\\t%s\\n' ${line} >>${journal}`,
  ];
  writeFileSync(script, `${lines.join('\n')}\n`);
  chmodSync(script, 0o755);
  return script;
}

/** The operator's script of a node, for every state. */
function stateScript(folder: string, node: string): string {
  return path.join(folder, `${node}.state.sh`);
}

/** Where the state scripts of a node write. */
function journalFile(folder: string, node: string): string {
  return path.join(folder, `${node}.journal`);
}

function configuration(own: NodePlan, setup: PairSetup, script: string) {
  const { plan, folder, bpfFolder } = setup;
  const peer = otherNode(plan, own);
  return {
    node: own.name,
    primary: own.primary ?? false,
    access: { interface: 'access', address: legAddress(own, 'access') },
    server: {
      interface: 'server',
      address: legAddress(own, 'server'),
      furtherInterfaces: setup.furtherInterfaces ?? [],
    },
    nlbs: plan.addresses.nlbs,
    peer: { name: peer.name, access: legAddress(peer, 'access'), server: legAddress(peer, 'server') },
    clusterAddresses: plan.addresses.cluster,
    servers: serversOf(setup).map((server) => ({
      name: server.name,
      address: legAddress(server, 'server'),
      weight: setup.weights?.[server.name] ?? 1,
      ...(setup.draining?.includes(server.name) && { draining: true }),
    })),
    services: plan.addresses.cluster.flatMap((address) => servicesAt(setup, address)),
    ...(setup.reach && { reach: { ...LAB_REACH, targets: reachTargets(plan, setup.reach) } }),
    recovery: { ...LAB_HOLD_DOWN, strategy: setup.recovery ?? 'manual' },
    scripts: { initial: script, active: script, standby: script, inop: script, timeLimitMs: 2000 },
    heartbeat: { ...(setup.pace === 'default' ? {} : LAB_HEARTBEAT), keyFile: writeKeys(own.name, setup) },
    ...(setup.inStep && { sync: {} }),
    ...(setup.enterPerSecond && { limits: limitsOf(setup.enterPerSecond) }),
    ...(setup.forgetsAfterMs && { timeouts: timeoutsOf(setup.forgetsAfterMs) }),
    datapath: {
      ...(setup.commands === undefined ? LAB_TABLES : TABLES_OF_EVERY_VERSION),
      ...(setup.maxConnections && { maxConnections: setup.maxConnections }),
      mode: setup.datapath ?? 'auto',
      // A data path in user space has files, which lie beside the place that it is given.
      pinDirectory: path.join(setup.datapath === 'userspace' ? folder : bpfFolder, own.name),
    },
    control: { socket: socketFile(folder, own.name) },
  };
}

/** Of connections, in whichever state; that of fragments is another matter. */
const timeoutsOf = (ms: number) => ({
  unprovenMs: ms,
  establishedMs: ms,
  finishedMs: ms,
  resetMs: ms,
  datagramsMs: ms,
});

const limitsOf = (perSecond: number) => ({ tcpPerSecond: perSecond, udpPerSecond: perSecond });

function reachTargets(plan: Plan, segments: readonly string[]) {
  return segments.map((segment) => {
    const address = plan.addresses.vrrp[segment];
    if (address === undefined) throw new Error(`the topology ${plan.topology} has no VRRP address on ${segment}`);
    return { name: `firewalls-${segment}`, address, type: 'arp', via: segment };
  });
}

/** A key file for each node, because keys are changed on one node after the other. */
function writeKeys(node: string, { folder, secrets }: PairSetup): string {
  const file = path.join(folder, `${node}.heartbeat.key`);
  writeFileSync(file, `${secrets.join('\n')}\n`, { mode: 0o600 });
  return file;
}

function servicesAt({ plan, services }: PairSetup, address: string) {
  const check = { type: 'tcp', intervalMs: 500, timeoutMs: 400, rise: 1, fall: 2 };
  const used = plan.services.filter(({ name }) => services?.includes(name) ?? true);
  return used.map((service) => ({
    name: plan.addresses.cluster.length > 1 ? `${service.name}-${address}` : service.name,
    address,
    protocol: service.protocol,
    port: service.port,
    ...(service.protocol === 'tcp' ? { check } : {}),
  }));
}

const serversOf = ({ plan, servers }: PairSetup): NodePlan[] =>
  plan.nodes.filter(({ kind, name }) => kind === 'server' && (servers?.includes(name) ?? true));

function otherNode(plan: Plan, own: NodePlan): NodePlan {
  const other = plan.nodes.find(({ kind, name }) => kind === 'nlb' && name !== own.name);
  if (!other) throw new Error(`the topology ${plan.topology} has no second load balancer beside ${own.name}`);
  return other;
}

function legAddress(node: NodePlan, leg: string): string {
  const address = node.legs.find(({ name }) => name === leg)?.address.split('/')[0];
  if (address === undefined) throw new Error(`${node.name} has no leg named ${leg}`);
  return address;
}
