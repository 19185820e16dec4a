import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import type { Cable } from './driver.ts';

/**
 * All of a power loss at one word, however busy the machine: a real-time shell tells two waiting `ip` to take the cables down,
 * and freezes the node, before it lets either of the two run in its place.
 */
const POWER_LOSS = `
exec 3> >(exec ip -n "$2" -batch -) 4> >(exec ip -n "$4" -batch -)
echo armed
read -r _
echo "link set $3 down" >&3
echo "link set $5 down" >&4
echo 1 >"$1"
`;

/** Of a node with two cables, by its control group. Gives what lets it happen, and waits for nothing. */
export async function preparePowerLoss(group: string, cables: readonly Cable[]): Promise<() => void> {
  if (cables.length !== 2) throw new Error(`a power loss is of a node with two cables, and not of ${cables.length}`);
  const words = [path.join(group, 'cgroup.freeze'), ...cables.flatMap(({ segment, port }) => [segment.network, port])];
  const shell = spawn('chrt', ['--fifo', '20', 'bash', '-c', POWER_LOSS, 'bash', ...words], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(shell.stdout, 'data');
  return () => void shell.stdin.end('\n');
}
