import type { OutcomeName } from '../program/layout.ts';
import type { Count, TableCount, Tally } from '../tables/counters.ts';
import type { Allowance } from '../tables/lease.ts';
import { isActive } from './connection.ts';
import type { CountedForServer, Decision } from './decision.ts';
import type { Binding, Connection, FlowTables, Fragments, ProvenTable } from './knowledge.ts';

/** What the specification has recorded and counted, in memory. The tables grow without bound. */
export interface Ledger {
  flowTables: FlowTables & {
    connections: Map<string, Connection>;
    udpFlows: Map<string, Connection>;
    halfOpen: Map<string, Connection>;
    affinities: Map<string, Binding>;
    fragments: Map<string, Fragments>;
    unprovenFragments: Map<string, Fragments>;
    entering: Map<'tcp' | 'udp', bigint>;
  };
  /** When the peer last asked for the NLBS address; zero for never. */
  peerAskedNs: bigint;
  /** Of beats, in the order of the lease page. */
  allowances: Allowance[];
  /** When forwarding last ended because another node was about to lead; zero for never. */
  fencedNs: bigint;
  outcomes: Map<OutcomeName, Count>;
  /** By id. */
  servers: Map<number, Tally>;
  /** By name. */
  services: Map<string, Tally>;
  tables: Record<ProvenTable, Pick<TableCount, 'entered' | 'limited' | 'removed' | 'evicted'>>;
}

export function openLedger(): Ledger {
  return {
    flowTables: {
      connections: new Map(),
      udpFlows: new Map(),
      halfOpen: new Map(),
      affinities: new Map(),
      fragments: new Map(),
      unprovenFragments: new Map(),
      entering: new Map(),
    },
    peerAskedNs: 0n,
    allowances: Array.from({ length: 4 }, () => ({ fromNs: 0n, passed: 0n })),
    fencedNs: 0n,
    outcomes: new Map(),
    servers: new Map(),
    services: new Map(),
    tables: {
      connections: { entered: 0n, limited: 0n, removed: 0n, evicted: 0n },
      udpFlows: { entered: 0n, limited: 0n, removed: 0n, evicted: 0n },
    },
  };
}

/** Carry out a decision's writes and counts. `bootNs`: of CLOCK_BOOTTIME. */
export function record(ledger: Ledger, decision: Decision, bootNs: bigint): void {
  const bytes = BigInt(decision.frame.length);
  applyWrites(ledger.flowTables, decision, {
    peerAsked: () => {
      ledger.peerAskedNs = bootNs;
    },
    fenced: () => {
      ledger.fencedNs = bootNs;
    },
    allowance: (index, value) => {
      ledger.allowances[index] = value;
    },
  });
  for (const counted of decision.counts) {
    if ('table' in counted) {
      ledger.tables[counted.table][counted.what] += 1n;
      continue;
    }
    count(tallyOf(ledger.servers, counted.server), counted, bytes);
    count(tallyOf(ledger.services, counted.service), counted, bytes);
  }
  const outcome = ledger.outcomes.get(decision.outcome) ?? { packets: 0n, bytes: 0n };
  ledger.outcomes.set(decision.outcome, { packets: outcome.packets + 1n, bytes: outcome.bytes + bytes });
}

/** Count a connection that a full table has evicted. Which one that is, the table decides. */
export function recordEvicted(ledger: Ledger, table: ProvenTable | 'halfOpen', connection: Connection): void {
  if (table === 'halfOpen') return;
  ledger.tables[table].evicted += 1n;
  if (!isActive(connection)) return;
  tallyOf(ledger.servers, connection.server).active -= 1n;
  tallyOf(ledger.services, connection.service).active -= 1n;
}

/** Carry out a decision's writes: those to the flow tables here, those to the lease page by the functions in `lease`. */
export function applyWrites(
  flowTables: Ledger['flowTables'],
  { writes }: Pick<Decision, 'writes'>,
  lease: Record<'peerAsked' | 'fenced', () => void> & { allowance(index: number, value: Allowance): void },
): void {
  for (const write of writes) {
    if (write.table === 'peerAsked' || write.table === 'fenced') lease[write.table]();
    else if (write.table === 'allowances') lease.allowance(write.index, write.value);
    else if (write.table === 'entering') flowTables.entering.set(write.name, write.value);
    else if (write.value === undefined) flowTables[write.table].delete(write.name);
    else (flowTables[write.table] as Map<string, typeof write.value>).set(write.name, write.value);
  }
}

function tallyOf<Key>(tallies: Map<Key, Tally>, key: Key): Tally {
  const tally = tallies.get(key) ?? { packets: 0n, bytes: 0n, opened: 0n, active: 0n };
  tallies.set(key, tally);
  return tally;
}

function count(tally: Tally, counted: CountedForServer, bytes: bigint): void {
  if (counted.what === 'active') tally.active += BigInt(counted.by);
  if (counted.what === 'opened') tally.opened += 1n;
  if (counted.what !== 'packet') return;
  tally.packets += 1n;
  tally.bytes += bytes;
}
