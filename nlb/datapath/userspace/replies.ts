import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { serialize } from 'node:v8';
import { monotonicNs } from '../../kernel/clock.ts';
import type { Configured, Connection } from '../specification/knowledge.ts';
import type { Ledger } from '../specification/ledger.ts';
import { FILES } from './directory.ts';
import { expireFlowTables } from './expire.ts';
import type { PublishedFile } from './published.ts';
import { encodeAnswer, type FlowEntries, type RequestName, type Requests } from './requests.ts';
import type { Rows } from './rows.ts';

/** What the replies need of the forwarder. */
export interface ForwarderState {
  directory: string;
  flowTables: Ledger['flowTables'];
  rows: Pick<Rows, 'gone'>;
  current(): { published: PublishedFile; configured: Configured };
  /** Load the published file. */
  reload(): void;
}

const STEP_ENTRIES = 8192;
/** The tables of connections. */
const TABLES = ['connections', 'udpFlows', 'halfOpen'] as const;

/** The forwarder's reply to each request. None takes more than a few milliseconds. */
export function openReplies({
  directory,
  flowTables,
  rows,
  current,
  reload,
}: ForwarderState): (question: string) => string {
  let expiring: Generator<undefined, number> | undefined;
  let listing: { name?: string | undefined; chunks: Iterator<[string, Connection][]> } | undefined;
  const write = (answer: unknown): void =>
    writeFileSync(join(directory, FILES.answer), serialize(answer), { mode: 0o600 });

  const replies: { [Q in RequestName]: (...words: string[]) => Requests[Q] } = {
    reload: () => {
      reload();
      return null;
    },
    count: () => TABLES.reduce((sum, table) => sum + flowTables[table].size, 0),
    memory: () => process.memoryUsage.rss(),
    expire: () => {
      const { published, configured } = current();
      expiring ??= expireFlowTables(flowTables, configured.timeouts, monotonicNs(), (table, connection) =>
        rows.gone('removed', table, connection, published.numbers),
      );
      const { done, value } = expiring.next();
      if (done) expiring = undefined;
      return value ?? null;
    },
    readFlow: (flow = '', ...clients) => {
      const found: FlowEntries = {
        connections: only(flowTables.connections, [flow]),
        udpFlows: only(flowTables.udpFlows, [flow]),
        entering: flowTables.entering,
        halfOpen: only(flowTables.halfOpen, [flow]),
        affinities: only(flowTables.affinities, clients),
      };
      write(found);
      return null;
    },
    list: (name) => {
      if (!listing || listing.name !== name) listing = { name, chunks: chunksOf(flowTables) };
      const { done, value } = listing.chunks.next();
      if (done) listing = undefined;
      write(done ? [] : value);
      return done === true;
    },
  };
  return (asked) =>
    encodeAnswer(() => {
      const [name = '', ...words] = JSON.parse(asked) as string[];
      if (!Object.hasOwn(replies, name)) throw new Error(`There is no such request: ${name}`);
      return replies[name as RequestName](...words);
    });
}

function only<Value>(table: ReadonlyMap<string, Value>, names: string[]): Map<string, Value> {
  return new Map(
    names.flatMap((name) => {
      const value = table.get(name);
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** The connections at the start, without those that are removed meanwhile. */
function* chunksOf(flowTables: Ledger['flowTables']): Generator<[string, Connection][]> {
  for (const table of TABLES) {
    const names = [...flowTables[table].keys()];
    for (let at = 0; at < names.length; at += STEP_ENTRIES)
      yield [...only(flowTables[table], names.slice(at, at + STEP_ENTRIES))];
  }
}
