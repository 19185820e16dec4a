import { existsSync } from 'node:fs';
import { portsToStartWith } from '../attach/ports.ts';
import type { Datapath, DatapathOptions } from '../datapath.ts';
import { type Flow, flowNamed, nameOfFlow } from '../specification/flow.ts';
import { type Knowledge, NO_PEER, toldBy } from '../specification/knowledge.ts';
import { couldServe } from '../specification/lookup.ts';
import { nameOfClient } from '../specification/placement.ts';
import { type Counters, openCounters } from '../tables/counters.ts';
import type { KnownConnection } from '../tables/entries.ts';
import { readLease } from '../tables/lease.ts';
import { openSelectionTable } from '../tables/selection-table.ts';
import { dropGuard, putGuard } from './guard.ts';
import { begin, findLife, type Life, layOut } from './life.ts';
import { clear, FILES, filterNameFor, openMapped, placeFor } from './place.ts';
import { awaitForwarder, endForwarder, findForwarder } from './process.ts';
import { listConnections, put, recall } from './questions.ts';
import { inOrder, openTelling } from './telling.ts';
import { type Said, selected } from './told.ts';
import { watchForwarder } from './watch.ts';

/**
 * The specification as the data path, for machines whose kernel takes no BPF program: a process of its own gives the frames
 * of packet sockets to forward.ts, and sends on what that says. An earlier life's forwarder is adopted where it lives, and
 * its tables are of our format and sizes. Throws SyscallError, and an Error that says what stands in the way.
 */
export function openUserspace(options: DatapathOptions): Datapath {
  const place = placeFor(options.pinDirectory);
  const earlier = findLife(options);
  const { said: written, forwarder } = settle(place, options, earlier);
  const mapped = openMapped(place, options);
  const selections = openSelectionTable(mapped.fd(FILES.selections), options.maxServices);
  const said = { ...written, tables: selected(written, selections.read) };
  const counters = openCounters(mapped.fd, options);
  const leaseFd = mapped.fd(FILES.lease);
  const watch = watchForwarder(place, forwarder, options.problem);
  const telling = openTelling({ place, selections, ready: watch.ready }, said, options);
  const rest = (): void => {
    watch.stop();
    counters.close();
    selections.close();
    mapped.close();
  };
  return {
    mode: 'userspace',
    adopted: earlier !== undefined,
    apply: telling.apply,
    follow: telling.follow,
    interfaces: telling.interfaces,
    select: telling.select,
    actual: () => inOrder(telling.said().tables),
    ...readings({ place, counters, leaseFd, said: telling.said }),
    leaseFd,
    abandon: rest,
    remove: () => {
      rest();
      removeUserspace(options.pinDirectory);
    },
  };
}

/** What the stack must not get is kept from it first. On a failure nothing is left of a life that was just begun. */
function settle(place: string, options: DatapathOptions, earlier: Life | undefined): Life {
  const ports = portsToStartWith(options).present;
  const said = earlier?.said ?? layOut(options, ports);
  try {
    putGuard(filterNameFor(place), said.tables, ports);
    const life = earlier ?? begin(options, said);
    awaitForwarder(place, life.forwarder);
    return life;
  } catch (error) {
    if (!earlier) removeUserspace(options.pinDirectory);
    throw error;
  }
}

interface Readable {
  place: string;
  counters: Counters;
  leaseFd: number;
  said(): Said;
}

function readings({ place, counters, leaseFd, said }: Readable) {
  return {
    outcomes: counters.outcomes,
    tableCount: counters.ofTable,
    tallies: () => ({
      servers: new Map(said().tables.servers.map(({ id }) => [id, counters.ofServer(id)])),
      services: new Map([...said().numbers].map(([name, number]) => [name, counters.ofService(number)])),
    }),
    *sweep(): Generator<void, number> {
      for (;;) {
        const removed = put(place, 'sweep');
        if (removed !== null) return removed;
        yield;
      }
    },
    *connections(): Generator<KnownConnection[]> {
      for (const chunk of listConnections(place))
        yield chunk.map(([name, connection]) => ({ flow: flowNamed(name), connection }));
    },
    knowledgeOf: (flow: Flow): Knowledge => {
      const { tables, ports } = said();
      const services = tables.services.filter((service) => couldServe(flow, service));
      const told = toldBy({ ...tables, services }, ports);
      const clients = [...told.services.values()].map((service) => nameOfClient(service, flow));
      const kept = { ...recall(place, nameOfFlow(flow), clients), fragments: new Map(), unprovenFragments: new Map() };
      return { told, lease: readLease(leaseFd), peer: NO_PEER, kept };
    },
    connectionCount: () => put(place, 'count'),
    memoryBytes: () => put(place, 'weigh'),
  };
}

/** Whether the forwarder of an earlier life is at work. */
export const hasUserspace = (pinDirectory: string): boolean => findForwarder(placeFor(pinDirectory)) !== undefined;

/** End the forwarder, and take away what it was given; nothing where there is nothing. Throws an Error. */
export function removeUserspace(pinDirectory: string): void {
  const place = placeFor(pinDirectory);
  if (!existsSync(place)) return;
  const forwarder = findForwarder(place);
  if (forwarder) endForwarder(forwarder);
  try {
    dropGuard(filterNameFor(place));
  } finally {
    clear(place);
  }
}
