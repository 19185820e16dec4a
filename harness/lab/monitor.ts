import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { until } from '../clock/until.ts';
import type { AddressChanged, NeighbourChanged } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';

/** What a line of `ip monitor` says; its instant is the wall clock's, in nanoseconds since 1970. */
export type Monitored =
  | (Omit<AddressChanged, 'atNs' | 'node'> & { realtimeNs: bigint })
  | (Omit<NeighbourChanged, 'atNs' | 'node'> & { realtimeNs: bigint });

const LINE = /^\[(\S+)\] (Deleted )?(.*)$/;
const ADDRESS =
  /^\d+: (\S+) +inet (\S+)(?: brd \S+)? scope \S+(?: secondary)?(?: deprecated)?(?: noprefixroute)? ([^\s\\]+)/;
const NEIGHBOUR = /^([\d.]+) dev (\S+) (?:lladdr (\S+) )?(?:router )?(?:proxy )?([A-Z]+)/;

/** Reads one line of `ip -ts -o monitor address neigh`; undefined for what is neither (IPv6 among it). */
export function parseMonitorLine(line: string): Monitored | undefined {
  const [, stamp, deleted, rest] = LINE.exec(line) ?? [];
  if (stamp === undefined || rest === undefined) return undefined;
  const realtimeNs = wallClockNs(stamp);
  const [, device, text, label] = ADDRESS.exec(rest) ?? [];
  if (device && text && label) {
    const change = deleted ? 'removed' : 'added';
    return { kind: 'address', realtimeNs, device, address: text, ...(label === device ? {} : { label }), change };
  }
  const neighbour = NEIGHBOUR.exec(rest);
  if (!neighbour?.[1] || !neighbour[2] || !neighbour[4]) return undefined;
  return {
    kind: 'neighbour',
    realtimeNs,
    device: neighbour[2],
    address: neighbour[1],
    ...(neighbour[3] ? { mac: neighbour[3] } : {}),
    state: deleted ? 'REMOVED' : neighbour[4],
  };
}

/** `2026-11-23T03:56:21.329654`, UTC, microseconds. */
function wallClockNs(stamp: string): bigint {
  const [seconds = '', fraction = '0'] = stamp.split('.');
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction.padEnd(9, '0'));
}

/** A running `ip monitor` in a node's namespace. */
export interface Monitor {
  /** Settles when everything that changed before this call was handed on. */
  fence(): Promise<void>;
  /** Ends the program once everything that it has printed was handed on. */
  stop(): Promise<void>;
}

/**
 * Hands on every change of an address or neighbour of the node, with the instant at which the kernel's message was read.
 * The reader has real-time priority, so that this is soon after the change. Settles once the kernel has it on its list.
 */
export async function startMonitor(node: LabNode, seen: (event: Monitored) => void): Promise<Monitor> {
  const command = ['chrt', '--fifo', '10', 'ip', '-ts', '-o', 'monitor', 'address', 'neigh'];
  const child = node.openWatcher(command, { TZ: 'UTC' });
  if (!child.stdout || child.pid === undefined) throw new Error(`cannot start ip monitor on ${node.name}`);
  let fences = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseMonitorLine(line);
    if (!event) return;
    if (event.kind !== 'neighbour' || event.address !== FENCE) seen(event);
    else if (event.state === 'REMOVED') fences += 1;
  });
  await subscribed(node, child.pid);
  const fence = async (): Promise<void> => {
    const before = fences;
    await raiseFence(node);
    await until(() => fences > before, {
      what: `ip monitor on ${node.name} says what it was made to see`,
      withinMs: 3000,
    });
  };
  return { fence, stop: () => stopped(child) };
}

/** A neighbour of TEST-NET-1, which nothing uses: made and deleted, it is a mark in the stream of changes. */
const FENCE = '192.0.2.1';

async function raiseFence(node: LabNode): Promise<void> {
  const entry = `${FENCE} lladdr 02:00:00:00:00:00 dev ${node.home.plan.legs[0]?.name}`;
  const done = await node.runBeside(['ip', '-batch', '-'], `neigh replace ${entry}\nneigh del ${entry}\n`);
  if (done.exitCode !== 0) throw new Error(`cannot mark the stream of changes on ${node.name}: ${done.stderr}`);
}

/** The kernel lists netlink sockets by port, which is the process id, with the groups that they listen to. */
function subscribed(node: LabNode, pid: number): Promise<boolean> {
  return until(
    () =>
      node
        .inside(() => readFileSync('/proc/thread-self/net/netlink', 'utf8'))
        .split('\n')
        .some((row) => {
          const [, , port, groups] = row.trim().split(/\s+/);
          return port === String(pid) && groups !== '00000000';
        }),
    { what: `ip monitor listens on ${node.name}`, withinMs: 3000, everyMs: 3 },
  );
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill('SIGTERM');
  });
}
