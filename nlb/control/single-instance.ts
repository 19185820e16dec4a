import { createServer } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { SyscallError } from '../kernel/syscall-error.ts';
import { listenAt, listenerAt } from '../kernel/unix-stream.ts';

/**
 * One daemon for an access interface: a second one would take the first one's alias away before all else. What is held is a name
 * of this network namespace, as the interface's is, and goes with the process, however that ends.
 */

/** Longer than a killed process takes to end, and a start that is too early by a little is no mistake. */
export const EXIT_WITHIN_MS = 1000;
export const LOOK_EVERY_MS = 20;

export interface InstanceLock {
  /** Another daemon has it. */
  refused?: string;
  /** Somebody has the name who cannot be a daemon. Whether there is another daemon cannot be known then. */
  unsure?: string;
}

/** Holds the interface for as long as this process lives. Throws SyscallError. */
export async function lockInterface(device: string): Promise<InstanceLock> {
  const name = `\0nlbd/${device}`;
  const deadlineMs = performance.now() + EXIT_WITHIN_MS;
  for (;;) {
    const fd = tryToListen(name);
    if (fd !== undefined) return hold(fd);
    if (performance.now() > deadlineMs) return heldBy(listenerAt(name), device);
    await setTimeout(LOOK_EVERY_MS);
  }
}

function tryToListen(name: string): number | undefined {
  try {
    return listenAt(name);
  } catch (error) {
    if (error instanceof SyscallError && error.errno === 'EADDRINUSE') return undefined;
    throw error;
  }
}

/** Whoever asks who is there need not be answered, only be taken out of the queue. */
function hold(fd: number): InstanceLock {
  createServer((asker) => asker.destroy())
    .listen({ fd })
    .unref();
  return {};
}

/** Any user's process can take the name; it must not keep the daemon from starting. */
function heldBy(holder: { pid: number; uid: number } | undefined, device: string): InstanceLock {
  if (holder === undefined) return { refused: `another process holds the interface ${device}` };
  const { pid, uid } = holder;
  if (uid === 0 || uid === process.geteuid?.())
    return { refused: `process ${pid} holds the interface ${device}: there is one daemon for an access interface` };
  return { unsure: `process ${pid} of user ${uid} has the name by which one daemon knows of another on ${device}` };
}
