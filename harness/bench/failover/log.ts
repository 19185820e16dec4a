import type { EventLogged } from '../../history/event.ts';
import type { LabNode } from '../../node/node.ts';
import { LOG_READING } from './leads.ts';
import type { Rig } from './rig.ts';

/** A daemon that answers does so in milliseconds; its command takes some tenths of a second to start. */
const WITHIN_S = 5;

/** The event log of a node, on the history's clock. Empty where its daemon does not answer, or has none: then nothing speaks for it. */
export async function readLog({ lab, history }: Rig, node: LabNode): Promise<EventLogged[]> {
  const { eventLog } = lab.system.can;
  if (!eventLog) return [];
  const read = await node.runBeside(['timeout', `${WITHIN_S}`, ...eventLog.read]);
  if (read.exitCode !== 0) return [];
  const readNs = history.nowNs();
  return read.stdout.split('\n').flatMap((text, index) => {
    const atNs = instantOf(text, history.fromMonotonic);
    return atNs === undefined
      ? []
      : [{ kind: 'logged' as const, node: node.name, reading: LOG_READING, index, text, atNs, readNs }];
  });
}

function instantOf(text: string, fromMonotonic: (monotonicNs: bigint) => number): number | undefined {
  if (text === '') return undefined;
  const { monotonicMs } = JSON.parse(text) as { monotonicMs?: unknown };
  return typeof monotonicMs === 'number' ? fromMonotonic(BigInt(Math.round(monotonicMs * 1e6))) : undefined;
}
