import type { Stall } from './driver.ts';

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

/** The command that holds these processes, or a whole control group, up for so long. */
export function stallCommand(how: Stall, group: string, pids: readonly number[], ms: number): string[] {
  const words = ['bash', '-c', SCRIPTS[how], 'bash', group, pids.join(' '), String(ms / 1000)];
  return ['chrt', '--fifo', PRIORITY, ...words];
}
