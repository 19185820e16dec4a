import { connect, type Socket } from 'node:net';
import { until } from '../clock/until.ts';
import { Tail } from '../lab/tail.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';
import { daemonOf, signal } from './daemon.ts';

/** What holds up the part of a daemon that is not its beat. */

/** An interval on CLOCK_MONOTONIC. */
export interface MonotonicSpan {
  fromNs: bigint;
  untilNs: bigint;
}

/** Holds up the daemon's main thread for a second, by work or by waiting. Gives the time in which that was so, by its own word. */
export async function holdUpMain(view: LabView, node: LabNode, how: 'work' | 'wait'): Promise<MonotonicSpan> {
  const log = new Tail(node.logFile(view.lab.use('mainThread').log));
  log.lines();
  signal(view, node, how === 'work' ? 'SIGUSR2' : 'SIGWINCH');
  const heldUp = () => log.lines().find((line) => line.startsWith('{"heldUp"'));
  const line = await until(heldUp, { what: `the main thread on ${node.name} goes on`, withinMs: 10_000, everyMs: 10 });
  const { fromNs, untilNs } = (JSON.parse(line) as { heldUp: { fromNs: string; untilNs: string } }).heldUp;
  return { fromNs: BigInt(fromNs), untilNs: BigInt(untilNs) };
}

/** Holds up the daemon's main thread until the daemon ends; the act begins when it hangs. */
export async function hangMain(view: LabView, node: LabNode): Promise<void> {
  const log = new Tail(node.logFile(view.lab.use('mainThread').log));
  log.lines();
  signal(view, node, 'SIGVTALRM');
  const hangs = () => log.lines().some((line) => line.startsWith('{"hangs"'));
  await until(hangs, { what: `the main thread on ${node.name} hangs`, withinMs: 5000, everyMs: 5 });
}

/**
 * The daemon can open nothing more: every socket that its main thread makes anew is refused, and so each of its passes fails;
 * what is open already, its heartbeats' sockets among it, goes on.
 */
export async function starveOfFiles(view: LabView, node: LabNode): Promise<{ end(): Promise<void> }> {
  return { end: await daemonOf(view, node).limitFiles(3) };
}

/** Operators' programs at the node's control socket that hang: they ask again and again, or follow, and read nothing. */
export async function hangAtControl({ lab }: LabView, node: LabNode, count: number): Promise<{ stop(): void }> {
  const control = lab.use('mainThread');
  const sockets = Array.from({ length: count }, (_, i) => {
    const socket = dial(control.socket(node));
    socket.pause();
    socket.write(i % 2 === 0 ? control.statusRequest.repeat(10_000) : control.followRequest);
    return socket;
  });
  const askers = sockets.filter((_, i) => i % 2 === 0);
  // What the daemon does not take stays here.
  const stuck = () => askers.every(({ writableLength }) => writableLength > 0);
  await until(stuck, { what: `${node.name} takes no more from who does not read`, withinMs: 10_000, everyMs: 10 });
  return { stop: () => sockets.forEach((socket) => void socket.destroy()) };
}

/** Asks the daemon for its status from several connections at once, as fast as it answers: so often at least, and for so long. */
export async function floodControl(
  { lab }: LabView,
  node: LabNode,
  { connections, answers, lastingMs }: { connections: number; answers: number; lastingMs: number },
): Promise<void> {
  const untilMs = performance.now() + lastingMs;
  const control = lab.use('mainThread');
  let taken = 0;
  const sockets = Array.from({ length: connections }, () => {
    const socket = dial(control.socket(node));
    socket.on('data', (piece: Buffer) => {
      const lines = piece.reduce((count, byte) => (byte === 0x0a ? count + 1 : count), 0);
      taken += lines;
      socket.write(control.statusRequest.repeat(lines));
    });
    socket.write(control.statusRequest.repeat(2));
    return socket;
  });
  try {
    await until(() => taken >= answers && performance.now() >= untilMs, {
      what: `${answers} answers from ${node.name}`,
      withinMs: 20_000,
      everyMs: 10,
    });
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** That the daemon hangs up is its right. */
const dial = (file: string): Socket => connect(file).on('error', () => undefined);
