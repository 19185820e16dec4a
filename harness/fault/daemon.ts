import { until } from '../clock/until.ts';
import type { NodeProcess } from '../driver/driver.ts';
import type { Lab } from '../lab/lab.ts';
import type { LabView } from '../lab/view.ts';
import type { LabNode } from '../node/node.ts';

/** The daemon of the system under test on a node, as it was last started. */
export function daemonOf({ lab }: Pick<LabView, 'lab'>, node: LabNode): NodeProcess {
  const daemon = lab.daemons.get(node.name);
  if (daemon === undefined) throw new Error(`no daemon was started on ${node.name}`);
  return daemon;
}

/** What strikes the daemon where it stands strikes each of its processes; all else is said to the first, which tells the others. */
const STRIKES: NodeJS.Signals[] = ['SIGKILL', 'SIGSTOP', 'SIGCONT'];

export function signal(view: LabView, node: LabNode, name: NodeJS.Signals): void {
  const struck = STRIKES.includes(name) ? processesOf(view.lab, node) : [daemonOf(view, node)];
  for (const each of struck) each.signal(name);
}

/** All processes that are the daemon of the system on a node. */
export function processesOf(lab: Lab, node: LabNode): NodeProcess[] {
  const all = lab.system.processes?.(node);
  return all ?? [daemonOf({ lab }, node)];
}

/** Waits until the daemon on a node has ended. */
export async function hasEnded({ lab }: LabView, node: LabNode): Promise<void> {
  const gone = () => !lab.daemons.get(node.name)?.isRunning();
  await until(gone, { what: `the daemon on ${node.name} has ended`, withinMs: 10_000, everyMs: 5, isPromise: true });
}

/** Asks the daemon on a node to end, and waits until it has; before that it is asked for what would be lost with it. */
export async function stopSystem(view: LabView, node: LabNode): Promise<void> {
  await view.lab.beforeStop?.(node);
  signal(view, node, 'SIGTERM');
  await hasEnded(view, node);
}

/** Starts the system under test on a node again. */
export const startSystem = ({ lab }: LabView, node: LabNode): void => lab.startSystem(node);
