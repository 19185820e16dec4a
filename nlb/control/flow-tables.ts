import type { Datapath } from '../datapath/datapath.ts';
import { FLOW_TABLES, type FlowTable } from '../datapath/tables/counters.ts';

/** What became of entries of the data path's own tables, for people and for programs. */
export interface FlowTableShown {
  name: string;
  /** Of the first two tables, those of proven connections, alone. */
  entered: number;
  /** Not entered, because more had in this second than `limits` allows. */
  limited: number;
  /** Not written, because the kernel refused. */
  refused: number;
  removed: number;
  /** Pushed out by others, as far as the last pass of `expiry.ts` has found. */
  evicted: number;
}

const NAMES: Record<FlowTable, string> = {
  connections: 'TCP connections',
  udpFlows: 'UDP flows',
  halfOpen: 'half-open connections',
  affinities: 'clients',
  fragments: 'fragments',
  unprovenFragments: 'unproven fragments',
};

export function flowTablesShown({ tableCount }: Pick<Datapath, 'tableCount'>): FlowTableShown[] {
  return FLOW_TABLES.map((table) => {
    const { entered, limited, refused, removed, evicted } = tableCount(table);
    const counts = { entered, limited, refused, removed, evicted };
    const numbers = Object.entries(counts).map(([what, count]) => [what, Number(count)]);
    return { name: NAMES[table], ...(Object.fromEntries(numbers) as Record<keyof typeof counts, number>) };
  });
}

/** What a table did not take, or lost; undefined where it is as it should be. */
export function lossText({ limited, refused, evicted }: FlowTableShown): string | undefined {
  const losses = [
    [limited, 'not entered, more than the limit'],
    [refused, 'refused by the kernel'],
    [evicted, 'pushed out by others'],
  ] as const;
  const texts = losses.flatMap(([count, what]) => (count > 0 ? [`${count} ${what}`] : []));
  return texts.length > 0 ? texts.join(', ') : undefined;
}
