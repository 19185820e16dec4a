import { readFileSync } from 'node:fs';
import type { Lab } from '../lab/lab.ts';
import type { NodeKind } from '../topology/plan.ts';

/** What a lab that serves occupies, in bytes. */
export interface LabMemory {
  /** What the machine has less of: also what the kernel, and an engine of containers, keep for the lab. */
  machine: number;
  /** The processes of a node of each kind, on the average; what they share with others is divided among them. */
  byKind: Partial<Record<NodeKind, number>>;
}

/** What could be had without swapping (proc(5)). */
export const availableBytes = (meminfo = readFileSync('/proc/meminfo', 'utf8')): number =>
  1024 * Number(/^MemAvailable: +(\d+) kB$/m.exec(meminfo)?.[1]);

/** @param before what was available before the lab was made */
export async function memoryOf(lab: Lab, before: number): Promise<LabMemory> {
  const machine = before - availableBytes();
  const kinds = [...new Set(lab.plan.nodes.map(({ kind }) => kind))];
  const byKind = await Promise.all(kinds.map(async (kind) => [kind, await meanOf(lab, kind)] as const));
  return { machine, byKind: Object.fromEntries(byKind) };
}

async function meanOf(lab: Lab, kind: NodeKind): Promise<number> {
  const nodes = lab.nodes(kind);
  const used = await Promise.all(nodes.map((node) => node.home.handle.usage()));
  return used.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0) / nodes.length;
}
