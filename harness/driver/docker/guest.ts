import { existsSync } from 'node:fs';
import { killCgroup, processesOf } from '../cgroup.ts';
import type { Enclosure } from '../host-node.ts';
import { restartContainer } from './containers.ts';
import { reachEngine } from './engine.ts';
import { readEngine, readRecord, writeGuest } from './record.ts';

/**
 * A container that somebody else makes, and that is a node of the lab: it joins the network that the lab holds for it, and carries
 * the lab's labels (`guestSettings`). It can be struck as any node can; what runs in it is its maker's affair.
 */
export function inGuest(lab: string, node: string): Enclosure {
  const group = () => readRecord(lab, node).group;
  const refuse = (): never => {
    throw new Error(
      `${node} of ${lab} is not a container of the lab's own: have its engine run programs in it (docker exec)`,
    );
  };
  return {
    group,
    // Its group goes and comes with its processes.
    processes: () => (existsSync(group()) ? processesOf(group()) : []),
    words: refuse,
    bear: refuse,
    killAll: () => killCgroup(group()),
  };
}

/** Kills it, and starts it again with the same settings, in the network that it had. */
export async function restartGuest(lab: string, node: string): Promise<void> {
  const { id, group } = readRecord(lab, node);
  await killCgroup(group);
  writeGuest(lab, node, await restartContainer(await reachEngine(readEngine(lab)), id));
}

/**
 * Makes the node of the container, once it runs.
 * @throws EngineProblem where its processes are not on this machine
 */
export async function adoptGuest(lab: string, node: string, id: string): Promise<void> {
  const { docker, address } = await reachEngine(readEngine(lab));
  const { State } = await docker.getContainer(id).inspect();
  if (!State.Running)
    throw new Error(
      `the container for ${node} of ${lab} runs no more at ${address}: ${State.Status}, exit status ${State.ExitCode}`,
    );
  writeGuest(lab, node, { id, pid: State.Pid });
}
