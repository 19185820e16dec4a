import { existsSync } from 'node:fs';
import { interfacesAtStart } from '../attach/interfaces.ts';
import type { Datapath, DatapathOptions } from '../datapath.ts';
import { type Flow, flowNamed, nameOfFlow } from '../specification/flow.ts';
import { configuredBy, type Knowledge, NO_PEER } from '../specification/knowledge.ts';
import { couldServe } from '../specification/lookup.ts';
import { nameOfClient } from '../specification/placement.ts';
import { type Counters, openCounters } from '../tables/counters.ts';
import type { KnownConnection } from '../tables/entries.ts';
import { readLease } from '../tables/lease.ts';
import { openSelectionTable } from '../tables/selection-table.ts';
import { directoryFor, FILES, filterNameFor, openMappedFiles, removeFiles } from './directory.ts';
import { dropGuard, putGuard } from './guard.ts';
import { awaitForwarder, endForwarder, findForwarder } from './process.ts';
import { type Published, withSelections } from './published.ts';
import { inOrder, openPublisher } from './publisher.ts';
import { listConnections, readFlow, request } from './requests.ts';
import { findRunning, prepareFiles, type RunningForwarder, startPrepared } from './running-forwarder.ts';
import { watchForwarder } from './watch.ts';

/**
 * The specification as the data path, for machines whose kernel takes no BPF program: a process of its own decides about the frames of
 * packet sockets by forward.ts, and forwards them. The forwarder of an earlier run is adopted if it runs and its tables are of our
 * format and sizes. Throws SyscallError, and an Error that says what is in the way.
 */
export function openUserspace(options: DatapathOptions): Datapath {
  const directory = directoryFor(options.pinDirectory);
  const earlier = findRunning(options);
  const { published: written, forwarder } = adoptOrStart(directory, options, earlier);
  const mapped = openMappedFiles(directory, options);
  const selections = openSelectionTable(mapped.fd(FILES.selections), options.maxServices);
  const published = { ...written, tables: withSelections(written, selections.read) };
  const counters = openCounters(mapped.fd, options);
  const leaseFd = mapped.fd(FILES.lease);
  const watch = watchForwarder(directory, forwarder, options.problem);
  const publisher = openPublisher({ directory, selections, ready: watch.ready }, published, options);
  const closeAll = (): void => {
    watch.stop();
    counters.close();
    selections.close();
    mapped.close();
  };
  return {
    mode: 'userspace',
    adopted: earlier !== undefined,
    apply: publisher.apply,
    follow: publisher.follow,
    interfaces: publisher.interfaces,
    select: publisher.select,
    actual: () => inOrder(publisher.published().tables),
    ...readings({ directory, counters, leaseFd, published: publisher.published }),
    leaseFd,
    abandon: closeAll,
    remove: () => {
      closeAll();
      removeUserspace(options.pinDirectory);
    },
  };
}

/** The guard before the stack comes first. If a new forwarder fails to start, everything is removed again. */
function adoptOrStart(
  directory: string,
  options: DatapathOptions,
  earlier: RunningForwarder | undefined,
): RunningForwarder {
  const interfaces = interfacesAtStart(options).present;
  const published = earlier?.published ?? prepareFiles(options, interfaces);
  try {
    putGuard(filterNameFor(directory), published.tables, interfaces);
    const life = earlier ?? startPrepared(options, published);
    awaitForwarder(directory, life.forwarder);
    return life;
  } catch (error) {
    if (!earlier) removeUserspace(options.pinDirectory);
    throw error;
  }
}

interface ReadingParts {
  directory: string;
  counters: Counters;
  leaseFd: number;
  published(): Published;
}

function readings({ directory, counters, leaseFd, published }: ReadingParts) {
  return {
    outcomes: counters.outcomes,
    tableCount: counters.ofTable,
    tallies: () => ({
      servers: new Map(published().tables.servers.map(({ id }) => [id, counters.ofServer(id)])),
      services: new Map([...published().numbers].map(([name, number]) => [name, counters.ofService(number)])),
    }),
    *expireConnections(): Generator<void, number> {
      for (;;) {
        const removed = request(directory, 'expire');
        if (removed !== null) return removed;
        yield;
      }
    },
    *connections(): Generator<KnownConnection[]> {
      for (const chunk of listConnections(directory))
        yield chunk.map(([name, connection]) => ({ flow: flowNamed(name), connection }));
    },
    knowledgeOf: (flow: Flow): Knowledge => {
      const { tables, interfaces } = published();
      const services = tables.services.filter((service) => couldServe(flow, service));
      const configured = configuredBy({ ...tables, services }, interfaces);
      const clients = [...configured.services.values()].map((service) => nameOfClient(service, flow));
      const flowTables = {
        ...readFlow(directory, nameOfFlow(flow), clients),
        fragments: new Map(),
        unprovenFragments: new Map(),
      };
      return { configured, lease: readLease(leaseFd), peer: NO_PEER, flowTables };
    },
    connectionCount: () => request(directory, 'count'),
    memoryBytes: () => request(directory, 'memory'),
  };
}

/** Whether the forwarder of an earlier run is running. */
export const hasUserspace = (pinDirectory: string): boolean => findForwarder(directoryFor(pinDirectory)) !== undefined;

/** End the forwarder and remove its files and guard, if there are any. Throws an Error. */
export function removeUserspace(pinDirectory: string): void {
  const directory = directoryFor(pinDirectory);
  if (!existsSync(directory)) return;
  const forwarder = findForwarder(directory);
  if (forwarder) endForwarder(forwarder);
  try {
    dropGuard(filterNameFor(directory));
  } finally {
    removeFiles(directory);
  }
}
