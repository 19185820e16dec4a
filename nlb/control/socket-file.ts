import { type BigIntStats, lstatSync, mkdirSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { SyscallError } from '../kernel/syscall-error.ts';
import { listenAt, listenerAt } from '../kernel/unix-stream.ts';
import { EXIT_WITHIN_MS, LOOK_EVERY_MS } from './single-instance.ts';

/** The place of the control socket in the file system. What is there and is not ours is never taken away. */
export interface SocketFile {
  /** The socket, which listens; Node takes it over. */
  fd: number;
  /** Takes the socket's name away, where it is still this socket's. */
  remove(): void;
}

/**
 * What stands in the way at that path, in words that go on from the path. Undefined where there is nothing, or only what a
 * daemon that died has left: a socket of this user's, or of root's, at which nobody listens.
 */
export const obstacleAt = (path: string): string | undefined => standingAt(path)?.is;

/** The same, but a daemon that was killed is given the time that it takes to end: its sockets go one after the other. */
export async function lastingObstacleAt(path: string): Promise<string | undefined> {
  const deadlineMs = performance.now() + EXIT_WITHIN_MS;
  for (;;) {
    const obstacle = standingAt(path);
    if (!obstacle?.serves || performance.now() > deadlineMs) return obstacle?.is;
    await setTimeout(LOOK_EVERY_MS);
  }
}

interface Obstacle {
  is: string;
  /** Somebody listens there. */
  serves?: true;
}

function standingAt(path: string): Obstacle | undefined {
  const stats = lookAt(path);
  if (stats === undefined) return undefined;
  const kind = kindOf(stats);
  if (kind !== 'a socket') return { is: `is ${kind}, which is left alone` };
  const own = process.geteuid?.() ?? 0;
  if (stats.uid !== 0n && stats.uid !== BigInt(own))
    return { is: `is a socket of user ${stats.uid}, which is left alone` };
  try {
    const listener = listenerAt(path);
    return listener && { is: `is served by process ${listener.pid} already`, serves: true };
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    return { is: `is a socket of another program (${error.errno}), which is left alone` };
  }
}

/** Throws an Error that says what stands in the way, and SyscallError. */
export function openSocketFile(path: string): SocketFile {
  mkdirSync(dirname(path), { recursive: true });
  const fd = listenOrReplace(path);
  const own = lookAt(path);
  return {
    fd,
    remove: () => {
      const now = lookAt(path);
      if (now && own && now.ino === own.ino && now.dev === own.dev) unlinkSync(path);
    },
  };
}

function listenOrReplace(path: string): number {
  try {
    return listenAt(path);
  } catch (error) {
    if (!(error instanceof SyscallError) || error.errno !== 'EADDRINUSE') throw error;
    const obstacle = obstacleAt(path);
    if (obstacle !== undefined) throw new Error(`The control socket ${path} ${obstacle}`);
    unlinkSync(path);
    return listenAt(path);
  }
}

/** What is there itself, not what it points to. */
function lookAt(path: string): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function kindOf(stats: BigIntStats): string {
  if (stats.isSocket()) return 'a socket';
  if (stats.isSymbolicLink()) return 'a symbolic link';
  if (stats.isDirectory()) return 'a directory';
  return stats.isFile() ? 'a file' : 'no socket';
}
