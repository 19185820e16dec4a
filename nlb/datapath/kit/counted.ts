import { OUTCOMES } from '../program/layout.ts';
import type { ProvenTable } from '../specification/knowledge.ts';
import type { Ledger } from '../specification/ledger.ts';
import type { Tally } from '../tables/counters.ts';
import { nameOfService } from '../tables/tables.ts';
import { SERVICES } from './histories.ts';
import type { KernelProgram } from './kernel-program.ts';

/** Support for the differential test: the counts of the program in the kernel, and those of a specification. */

/** One more than there are, for an id that no server has. */
const SERVER_IDS = [0, 1, 2, 3, 4];

/** Numbers by what they count. */
export type Counted = Map<string, bigint>;

/** All that the program has counted since it was loaded. */
export function countedIn({ counters }: KernelProgram): Counted {
  const outcomes = Object.entries(counters.outcomes()).flatMap(([name, count]) => named(name, { ...count }));
  const servers = SERVER_IDS.flatMap((id) => named(`server ${id}`, { ...counters.ofServer(id) }));
  const services = SERVICES.flatMap((service, id) => named(nameOfService(service), { ...counters.ofService(id) }));
  const tables = PROVEN.flatMap((table) => named(table, countOf(counters.ofTable(table))));
  return new Map([...outcomes, ...servers, ...services, ...tables]);
}

/** Only the counts that are not zero. */
export function countedBy({ outcomes, servers, services, tables }: Ledger): [string, bigint][] {
  const none: Tally = { packets: 0n, bytes: 0n, opened: 0n, active: 0n };
  return [
    ...OUTCOMES.flatMap((name) => named(name, { ...(outcomes.get(name) ?? { packets: 0n, bytes: 0n }) })),
    ...SERVER_IDS.flatMap((id) => named(`server ${id}`, { ...(servers.get(id) ?? none) })),
    ...SERVICES.map(nameOfService).flatMap((name) => named(name, { ...(services.get(name) ?? none) })),
    ...PROVEN.flatMap((table) => named(table, countOf(tables[table]))),
  ].filter(([, count]) => count !== 0n);
}

const PROVEN: ProvenTable[] = ['connections', 'udpFlows'];

/** What the data path itself counts of a table. */
const countOf = ({ entered, limited, removed, evicted }: Ledger['tables'][ProvenTable]) => ({
  entered,
  limited,
  removed,
  evicted,
});

/** Zero until something has entered. */
export const used = (entering: ReadonlyMap<'tcp' | 'udp', bigint>) => ({
  tcp: entering.get('tcp') ?? 0n,
  udp: entering.get('udp') ?? 0n,
});

const named = (name: string, counts: Record<string, bigint>): [string, bigint][] =>
  Object.entries(counts).map(([what, count]) => [`${name} ${what}`, count]);

/** The differences that are not zero. */
export const since = (before: Counted, after: Counted): [string, bigint][] =>
  [...after]
    .map(([name, count]): [string, bigint] => [name, count - (before.get(name) ?? 0n)])
    .filter(([, n]) => n !== 0n);
