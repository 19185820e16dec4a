import type { NodePlan } from '../../topology/plan.ts';
import { killCgroup, processesOf } from '../cgroup.ts';
import type { Enclosure } from '../host-node.ts';
import { inPidNamespace } from '../namespace.ts';
import { restartContainer } from './containers.ts';
import { reachEngine } from './engine.ts';
import { readEngine, readRecord, writeRecord } from './record.ts';
import { capabilitiesOf } from './specification.ts';

/**
 * A node's container. A command is begun from outside: it enters the namespaces and the control group and gives up what the
 * container may not do. That takes 6 ms and can be told to start at an instant, where the engine's own exec takes 60 ms; what it
 * starts is not under the engine's filter of system calls.
 */
export function inContainer(lab: string, { name, kind }: NodePlan): Enclosure {
  const record = () => readRecord(lab, name);
  return {
    group: () => record().group,
    processes: () => {
      const { group, own } = record();
      return processesOf(group).filter((pid) => !own.includes(pid));
    },
    words: (command) => entering(record().pid, capabilitiesOf(kind), command),
    bear: (make) => inPidNamespace(record().pid, make),
    killAll: () => killContainer(lab, name),
  };
}

/** Its process namespace is entered by being born there. */
export function entering(pid: number, capabilities: readonly string[], command: readonly string[]): string[] {
  const namespaces = { mount: 'mnt', uts: 'uts', ipc: 'ipc' };
  const enter = Object.entries(namespaces).map(([option, file]) => `--${option}=/proc/${pid}/ns/${file}`);
  const kept = capabilities.map((name) => `+${name.toLowerCase()}`);
  return [
    'nsenter',
    ...enter,
    '--',
    'setpriv',
    '--inh-caps=-all',
    `--bounding-set=${['-all', ...kept].join()}`,
    ...command,
  ];
}

/** All of what a container idles with is there. */
export const isIdle = (own: readonly number[]): boolean => own.length >= 2;

/** All of it, at once and however it stands; then it is started again with nothing in it, in the network that it had. */
async function killContainer(lab: string, node: string): Promise<void> {
  const { id, group } = readRecord(lab, node);
  await killCgroup(group);
  await writeRecord(lab, node, await restartContainer(await reachEngine(readEngine(lab)), id), isIdle);
}
