import { closeSync, existsSync, openSync, statSync } from 'node:fs';
import koffi from 'koffi';

const CLONE_NEWNET = 0x40000000;
const CLONE_NEWPID = 0x20000000;
const libc = koffi.load('libc.so.6');
const setns = libc.func('int setns(int fd, int nstype)');

/** Where `ip netns` keeps the names of network namespaces. */
export const netnsPath = (netns: string): string => `/run/netns/${netns}`;

/** Whether a process is in that network namespace. */
export const isIn = (pid: number, netns: string): boolean =>
  statSync(`/proc/${pid}/ns/net`).ino === statSync(netnsPath(netns)).ino;

function enter(path: string, subject: string): void {
  if (!existsSync(path)) throw new Error(`the network namespace ${subject} does not exist: was its lab taken down?`);
  const fd = openSync(path, 'r');
  try {
    if (setns(fd, CLONE_NEWNET) !== 0) {
      throw new Error(
        `cannot enter the network namespace ${subject}: setns failed with errno ${koffi.errno()}; root is needed`,
      );
    }
  } finally {
    closeSync(fd);
  }
}

/**
 * Runs `action` with the calling thread inside the network namespace `netns`, and returns what it returned.
 *
 * `action` must be synchronous: a socket belongs to the namespace in which it was made, and /proc/sys/net shows that of
 * the thread that opens it, so a moment is enough; and no other code of this thread ever runs inside. Leaving is a
 * matter of life and death: were it to fail, this process would go on in a lab's network, so it ends instead.
 */
export function inNamespace<T>(netns: string, action: () => T): T {
  const home = openSync('/proc/thread-self/ns/net', 'r');
  try {
    enter(netnsPath(netns), netns);
    try {
      return action();
    } finally {
      if (setns(home, CLONE_NEWNET) !== 0) process.abort();
    }
  } finally {
    closeSync(home);
  }
}

/**
 * Runs `make` so that the children that it makes are born into the process namespace of the process `pid`; their ids, as their
 * maker sees them, are this machine's. `make` must be synchronous, and must start no thread.
 */
export function inPidNamespace<T>(pid: number, make: () => T): T {
  const target = openSync(`/proc/${pid}/ns/pid`, 'r');
  const home = openSync('/proc/self/ns/pid', 'r');
  try {
    if (setns(target, CLONE_NEWPID) !== 0)
      throw new Error(`cannot enter the process namespace of ${pid}: setns failed with errno ${koffi.errno()}`);
    try {
      return make();
    } finally {
      if (setns(home, CLONE_NEWPID) !== 0) process.abort();
    }
  } finally {
    closeSync(home);
    closeSync(target);
  }
}
