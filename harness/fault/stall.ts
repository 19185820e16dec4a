import { once } from 'node:events';
import type { Lab } from '../lab/lab.ts';
import type { LabNode } from '../node/node.ts';
import { processesOf } from './daemon.ts';

/**
 * How a node is held up. `stop`: SIGSTOP to every thread of each process of its daemon, then SIGCONT. `freeze`: the freezer of its control
 * group, so that every process of the node stands still, as when the machine is paused; its kernel and cables live on.
 */
export type Stall = 'stop' | 'freeze';

/**
 * Whether threads have yet to stand still: those of real-time priority, where there are any. The others, too, must be given a
 * processor in order to stop, for which they may wait as long as the whole stall is meant to last, and nobody waits for them.
 * The state is the first field behind the name, the policy the 39th (proc(5)).
 */
const MOVES = `{ sub(/.*\\) /, ""); moving = $1 != "T"; any += moving; if ($39 > 0) { urgent = 1; late += moving } }
END { exit !(urgent ? late : any) }`;

/**
 * The length is the fault itself: it is kept by a program before which nothing ordinary runs, not by this process's timers, and
 * counted from when the daemon stands still, for what waits for a processor stops only when it has been given one.
 */
const SCRIPTS: Record<Stall, string> = {
  stop: `
kill -STOP $2
tasks=$(printf '/proc/%s/task/*/stat ' $2)
while awk '${MOVES}' $tasks; do sleep 0.001; done
sleep "$3"
kill -CONT $2`,
  freeze: `
echo 1 >"$1/cgroup.freeze"
until grep -q 'frozen 1' "$1/cgroup.events"; do sleep 0.001; done
sleep "$3"
echo 0 >"$1/cgroup.freeze"`,
};

/** Above the beat threads and all that a suite reads with. */
const PRIORITY = '20';

/** Holds the node up for so long. It ends with the lab, should that be taken down meanwhile. */
export async function stall(lab: Lab, node: LabNode, how: Stall, ms: number): Promise<void> {
  const pids = processesOf(lab, node).join(' ');
  const words = ['bash', '-c', SCRIPTS[how], 'bash', node.controlGroup, pids, String(ms / 1000)];
  const child = node.openWatcher(['chrt', '--fifo', PRIORITY, ...words]);
  const [exitCode] = await once(child, 'exit');
  if (exitCode !== 0) throw new Error(`${node.name} could not be held up (${how}): exit status ${exitCode}`);
}
