import { type MemoryMap, mapMemory } from '../../kernel/memory-map.ts';
import { OUTCOMES, type OutcomeName, STRUCTS } from '../program/layout.ts';
import type { Counted, Decision } from '../specification/decision.ts';
import type { TableSizes } from '../tables/tables.ts';
import { mappedBytes } from './place.ts';

/** The counters as the forwarder writes them: rows in memory that the daemon reads (counters.ts), those of processor 0. */
export interface Rows {
  /** @param numbers rows of the services, by name */
  count(decision: Pick<Decision, 'outcome' | 'frame' | 'counts'>, numbers: ReadonlyMap<string, number>): void;
}

const { counter: COUNTER, tally: TALLY } = STRUCTS;
const ROW_OF = new Map<OutcomeName, number>(OUTCOMES.map((name, row) => [name, row]));

/** Throws KernelRefusal. */
export function openRows(descriptor: (file: string) => number, sizes: TableSizes): Rows {
  const bytes = mappedBytes(sizes);
  const open = (file: string): BigInt64Array => wordsOf(mapMemory(descriptor(file), bytes[file] ?? 0));
  const [outcomes, servers, services] = [open('counters'), open('server_tallies'), open('service_tallies')];
  return {
    count: ({ outcome, frame, counts }, numbers) => {
      const octets = BigInt(frame.length);
      const row = (ROW_OF.get(outcome) ?? 0) * COUNTER.size;
      add(outcomes, row + COUNTER.packets, 1n);
      add(outcomes, row + COUNTER.bytes, octets);
      for (const counted of counts) {
        tally(servers, counted.server, counted, octets);
        const number = numbers.get(counted.service);
        if (number !== undefined) tally(services, number, counted, octets);
      }
    },
  };
}

/** For as long as the process lives. */
const wordsOf = ({ buffer }: MemoryMap): BigInt64Array => new BigInt64Array(buffer);

function tally(words: BigInt64Array, row: number, counted: Counted, octets: bigint): void {
  const at = row * TALLY.size;
  if (counted.what === 'active') add(words, at + TALLY.active, BigInt(counted.by));
  if (counted.what === 'opened') add(words, at + TALLY.opened, 1n);
  if (counted.what !== 'packet') return;
  add(words, at + TALLY.packets, 1n);
  add(words, at + TALLY.bytes, octets);
}

function add(words: BigInt64Array, at: number, by: bigint): void {
  words[at / 8] = (words[at / 8] ?? 0n) + by;
}
