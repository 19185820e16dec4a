import { once } from 'node:events';
import path from 'node:path';
import { cgroupPath } from '../driver/cgroup.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';

/**
 * How a node is held up. `stop`: SIGSTOP to every thread of its daemon, then SIGCONT. `freeze`: the freezer of its control
 * group, so that every process of the node stands still, as when the machine is paused; its kernel and cables live on.
 */
export type Stall = 'stop' | 'freeze';

/** The length is the fault itself: it is kept by a program before which nothing ordinary runs, not by this process's timers. */
const SCRIPTS: Record<Stall, string> = {
  stop: 'kill -STOP "$2"; sleep "$3"; kill -CONT "$2"',
  freeze: 'echo 1 >"$1"; sleep "$3"; echo 0 >"$1"',
};

/** Above the beat threads and all that a suite reads with. */
const PRIORITY = '20';

/** Holds the node up for so long. It ends with the lab, should that be taken down meanwhile. */
export async function stall(lab: Lab, node: LabNode, how: Stall, ms: number): Promise<void> {
  const pid = lab.daemons.get(node.name);
  if (pid === undefined) throw new Error(`no daemon was started on ${node.name}`);
  const freezer = path.join(cgroupPath(lab.name, node.name), 'cgroup.freeze');
  const words = ['bash', '-c', SCRIPTS[how], 'bash', freezer, String(pid), String(ms / 1000)];
  const child = node.openWatcher(['chrt', '--fifo', PRIORITY, ...words]);
  const [exitCode] = await once(child, 'exit');
  if (exitCode !== 0) throw new Error(`${node.name} could not be held up (${how}): exit status ${exitCode}`);
}
