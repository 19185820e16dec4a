import { chmodSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { stringify } from 'yaml';
import type { LabNode } from '../../node/node.ts';
import type { NodePlan, Plan } from '../../topology/plan.ts';
import type { PairSetup } from '../system.ts';

/** The files of a node of a lab: its daemon's configuration, keys, socket, and the script that its operator would have. */

/**
 * Labs share two cores with other labs, and a kernel without preemption may hold up even a real-time thread for 35 ms while
 * another lab's memory is made ready (measured). So the pair is more patient here than by default; what the defaults do is
 * for the failover benchmark, which has the machine to itself.
 */
export const LAB_HEARTBEAT = { intervalMs: 20, leaseMs: 150, deadAfterMs: 200 };

/** The default million takes 100 MiB on each node, and its making is what holds up the neighbours. */
const LAB_TABLES = { maxConnections: 16_384, maxUdpFlows: 4096, maxServers: 256, maxServices: 64 };
/** A daemon of another version refuses a file with settings that it does not know: it is given those that every version has. */
const { maxUdpFlows: _, ...TABLES_OF_EVERY_VERSION } = LAB_TABLES;

/** So that a target is lost in a third of a second, and a hold-down is over in one. */
const LAB_REACH = { intervalMs: 100, timeoutMs: 60, rise: 2, fall: 3 };
const LAB_HOLD_DOWN = { holdDownMs: 1000, holdDownMaxMs: 8000 };

export function writeConfiguration(node: LabNode, setup: PairSetup): string {
  const file = path.join(setup.folder, `${node.name}.nlbd.yaml`);
  writeFileSync(file, stringify(configuration(node.home.plan, setup, writeStateScript(node.name, setup.folder))));
  return file;
}

export const socketFile = (folder: string, node: string): string => path.join(folder, `${node}.nlbd.sock`);

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
export function stateScript(folder: string, node: string): string {
  return path.join(folder, `${node}.state.sh`);
}

/** Where the state scripts of a node write. */
export function journalFile(folder: string, node: string): string {
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
