import { getPerCpu, indexKey, walkBatches } from '../kernel/bpf-map.ts';
import { OUTCOMES, type OutcomeName, STRUCTS } from './layout.ts';

export interface Count {
  packets: bigint;
  bytes: bigint;
}

const AT = STRUCTS.counter;

/** What became of all frames since the tables were made: one count for each way out. Throws KernelRefusal. */
export function readOutcomes(counters: number): Record<OutcomeName, Count> {
  const counts = OUTCOMES.map((name, index) => [name, sum(getPerCpu(counters, indexKey(index), AT.size))]);
  return Object.fromEntries(counts) as Record<OutcomeName, Count>;
}

function sum(perCpu: Buffer[]): Count {
  let [packets, bytes] = [0n, 0n];
  for (const cpu of perCpu) {
    packets += cpu.readBigUInt64LE(AT.packets);
    bytes += cpu.readBigUInt64LE(AT.bytes);
  }
  return { packets, bytes };
}

/** How many connections the table holds, old ones that nobody has pushed out included. Throws KernelRefusal. */
export function countConnections(connections: number): number {
  let total = 0;
  for (const { count } of walkBatches(connections, STRUCTS.flow.size, STRUCTS.connection.size)) total += count;
  return total;
}
