import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { until } from '../clock/until.ts';
import type { LabNode } from '../node/node.ts';
import type { Scene } from './scene.ts';

/** Reads the node's own event log into the history, under the name of that reading. */
export async function readEventLog(scene: Scene, node: LabNode, reading: string): Promise<void> {
  const { read } = scene.lab.use('eventLog');
  const done = await node.run(read);
  if (done.exitCode !== 0) throw new Error(`${read.join(' ')} on ${node.name} failed: ${done.stderr}`);
  for (const [index, text] of done.stdout.split('\n').filter(Boolean).entries())
    note(scene, { node: node.name, reading, index, text });
}

/** A log that is read as it grows. */
export interface Followed {
  /** Waits until a line fits that is of `sinceNs` or later: by default, of after the beginning of following. */
  shows(
    what: string,
    fits: (line: Record<string, unknown>) => boolean,
    options?: { withinMs?: number; sinceNs?: number },
  ): Promise<void>;
  stop(): Promise<void>;
}

/** Follows the node's own event log, which begins with what it kept of before; each line goes into the history with its own instant. */
export function followEventLog(scene: Scene, node: LabNode, reading: string): Followed {
  const child = node.open(scene.lab.use('eventLog').follow);
  if (!child.stdout) throw new Error(`cannot follow the events of ${node.name}`);
  const followedNs = scene.nowNs();
  const lines: { atNs: number; fields: Record<string, unknown> }[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => {
    const atNs = note(scene, { node: node.name, reading, index: lines.length, text });
    lines.push({ atNs, fields: parsed(text) });
  });
  return {
    shows: async (what, fits, { withinMs = 5000, sinceNs = followedNs } = {}) => {
      await until(() => lines.some(({ atNs, fields }) => atNs >= sinceNs && fits(fields)), {
        what: `the events of ${node.name} show ${what}`,
        withinMs,
        everyMs: 5,
        isPromise: true,
      });
    },
    stop: scene.defer(`the following of the events of ${node.name}`, async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const closed = once(child, 'close');
      child.kill('SIGINT');
      await closed;
    }),
  };
}

/** @returns when it happened; a line that tells no instant has that of its reading */
function note(scene: Scene, line: { node: string; reading: string; index: number; text: string }): number {
  const { monotonicMs } = parsed(line.text);
  const readNs = scene.nowNs();
  const claimed = typeof monotonicMs === 'number' && Number.isFinite(monotonicMs);
  const atNs = claimed ? scene.recorder.fromMonotonic(BigInt(Math.round(monotonicMs * 1e6))) : readNs;
  scene.recorder.record({ kind: 'logged', atNs, readNs, ...line });
  return atNs;
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
