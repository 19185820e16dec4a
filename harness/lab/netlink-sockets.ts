import { readFileSync } from 'node:fs';

/** A netlink socket of a network namespace, as the kernel lists it. */
export interface NetlinkSocket {
  /** Its address, which is the process id for a process's first one (netlink(7)). */
  port: number;
  /** Bits of the multicast groups that it listens to. */
  groups: number;
  /** Messages that the kernel could not hand to it, since it was opened: its buffer was full. */
  drops: number;
}

/** Columns of /proc/net/netlink: sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode. */
export function parseNetlinkSockets(text: string): NetlinkSocket[] {
  return text
    .split('\n')
    .slice(1)
    .filter((row) => row !== '')
    .map((row) => {
      const [, , port, groups = '', , , , , drops] = row.trim().split(/\s+/);
      return { port: Number(port), groups: Number.parseInt(groups, 16), drops: Number(drops) };
    });
}

/** Those of the namespace that this thread is in. */
export const netlinkSockets = (): NetlinkSocket[] =>
  parseNetlinkSockets(readFileSync('/proc/thread-self/net/netlink', 'utf8'));
