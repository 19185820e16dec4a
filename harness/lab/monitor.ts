import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { ipv4Octets, macOctets } from '../capture/address-text.ts';
import { until } from '../clock/until.ts';
import { deviceIndex } from '../driver/device.ts';
import type { AddressChanged, NeighbourChanged } from '../history/event.ts';
import type { LabNode } from '../node/node.ts';
import { flashNeighbour } from './flash-neighbour.ts';
import { type NetlinkSocket, netlinkSockets } from './netlink-sockets.ts';

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
  /** Settles when everything that changed before this call was handed on, or ip has ended. */
  fence(withinMs?: number): Promise<void>;
  /** Changes that the kernel could not tell it since it began: it was not read in time; at least one if ip has ended. */
  missed(): number;
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
  const { pid } = child;
  if (!child.stdout || pid === undefined) throw new Error(`cannot start ip monitor on ${node.name}`);
  let [raised, heard, ended] = [0, 0, false];
  child.once('exit', () => {
    ended = true;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    const event = parseMonitorLine(line);
    if (!event) return;
    if (event.kind !== 'neighbour' || event.address !== FENCE) seen(event);
    else if (event.mac) heard = Math.max(heard, fenceNumber(event.mac));
  });
  await subscribed(node, pid);
  const fence = async (withinMs = 3000): Promise<void> => {
    raised += 1;
    const number = raised;
    let raisedAtMs = Number.NEGATIVE_INFINITY;
    const isHeard = (): boolean => {
      if (heard >= number || ended) return true;
      if (performance.now() - raisedAtMs < RAISE_AGAIN_MS) return false;
      raisedAtMs = performance.now();
      raiseFence(node, number);
      return heard >= number;
    };
    await until(isHeard, { what: `ip monitor on ${node.name} says what it was made to see`, withinMs });
  };
  return { fence, missed: () => (ended ? UNTOLD : droppedFor(node, pid)), stop: () => stopped(child) };
}

/** What has ended before its time tells nothing more: an overrun sometimes ends ip. So it has missed one change at least. */
const UNTOLD = 1;

/** A neighbour of TEST-NET-1, which nothing uses: made and deleted, it is a mark in the stream of changes, with a number. */
const FENCE = '192.0.2.1';
/** While the reader catches up after an overrun the kernel hands it nothing new: then the mark itself is lost. */
const RAISE_AGAIN_MS = 250;

const fenceMac = (number: number): string => `02:00:${number.toString(16).padStart(8, '0').match(/../g)?.join(':')}`;
const fenceNumber = (mac: string): number => Number.parseInt(mac.slice('02:00:'.length).replaceAll(':', ''), 16);

function raiseFence(node: LabNode, number: number): void {
  const [leg] = node.home.plan.legs;
  if (!leg) throw new Error(`${node.name} has no leg: its stream of changes cannot be marked`);
  node.inside(() => flashNeighbour(deviceIndex(leg.name), ipv4Octets(FENCE), macOctets(fenceMac(number))));
}

/** The socket by which the program of that process id listens to changes, once it does. */
const listening = (node: LabNode, pid: number): NetlinkSocket | undefined =>
  node.inside(netlinkSockets).find(({ port, groups }) => port === pid && groups !== 0);

function subscribed(node: LabNode, pid: number): Promise<NetlinkSocket> {
  const what = `ip monitor listens on ${node.name}`;
  return until(() => listening(node, pid), { what, withinMs: 3000, everyMs: 3 });
}

function droppedFor(node: LabNode, pid: number): number {
  const socket = listening(node, pid);
  if (!socket) throw new Error(`ip monitor on ${node.name} has ended, so that nothing tells what it missed`);
  return socket.drops;
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once('close', () => resolve());
    child.kill('SIGTERM');
  });
}
