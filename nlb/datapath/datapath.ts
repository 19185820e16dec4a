import { monotonicNs } from '../kernel/clock.ts';
import { attach, type DatapathMode, detachAll } from './attach.ts';
import { dropOtherClusters, putClusters, readClusters } from './cluster-table.ts';
import { type Counters, countConnections, openCounters, type Tally } from './counters.ts';
import { weighTables } from './memory.ts';
import { openPins, type Pins } from './pins.ts';
import { findPorts, type PortNames } from './ports.ts';
import { type Loaded, loadProgram, MAPS } from './program.ts';
import { openServerTable, type ServerTable } from './server-table.ts';
import { openServiceTable } from './service-table.ts';
import { putSettings, readSettings } from './settings-table.ts';
import { sweep } from './sweep.ts';
import { type Change, checkTables, type TableSizes, type Tables } from './tables.ts';

export interface DatapathOptions extends PortNames, TableSizes {
  /** `auto`: the first of xdp, xdp-generic, tc that works on all interfaces. */
  mode: 'auto' | DatapathMode;
  /** In a BPF file system; made if absent, and mounted as one if it lies in none. */
  pinDirectory: string;
  /** Applied to new tables before anything is attached, so that no frame meets empty ones, which would let it pass. */
  first?: Tables;
}

export interface Tallies {
  /** By id. */
  servers: Map<number, Tally>;
  /** By name (`nameOfService`). */
  services: Map<string, Tally>;
}

/** The data path in the kernel. Everything throws KernelRefusal where the kernel refuses. */
export interface Datapath {
  readonly mode: DatapathMode;
  /** Whether the tables, connections included, are those of an earlier life. */
  readonly adopted: boolean;
  /**
   * Make the tables what is wanted, writing differences only, and follow interfaces whose hardware address has changed.
   * What is new comes in the order servers, selections, services, cluster addresses; what goes, goes the other way round.
   * Throws a RangeError, before anything is written, where the tables contradict themselves or do not fit.
   */
  apply(tables: Tables): Change[];
  /** What the kernel holds: servers by id, services by address and port. */
  actual(): Tables;
  readonly outcomes: Counters['outcomes'];
  /** What each server and each service has been sent. Costs no system call for each of them. */
  tallies(): Tallies;
  /**
   * Remove the connections whose time is over, and put the counts of active ones right. Walks the table of those that have
   * proved themselves. Returns how many were removed.
   */
  sweep(): number;
  /** Those that have proved themselves, and those that have yet to. Walks the tables: some milliseconds for each 100,000. */
  connectionCount(): number;
  /** What the tables take of the kernel's memory, in bytes, by its own account. */
  memoryBytes(): number;
  /** For openLease(), in whatever thread. */
  readonly leaseFd: number;
  /** Descriptors of the programs, for test runs. */
  readonly programs: { xdp: number; tc: number };
  /** Detach everything and remove the pins. */
  remove(): void;
  /** Close descriptors; links stay pinned and traffic flows. */
  abandon(): void;
}

/**
 * Load the data path, or adopt the tables that an earlier life left in `pinDirectory` where they have our layout and
 * sizes; then attach it. Throws KernelRefusal, and an Error that says which interface is missing or whose program stands
 * in the way.
 */
export function openDatapath(options: DatapathOptions): Datapath {
  const ports = findPorts(options);
  const pins = openPins(options.pinDirectory);
  const loaded = loadProgram(pins, options);
  const servers = openServerTable(loaded.object.map('servers'), options.maxServers);
  const tables = openTables(loaded, servers, options);
  const counters = openCounters((name) => loaded.object.map(name), options);
  const abandon = (): void => {
    counters.close();
    servers.close();
    loaded.object.close();
  };
  try {
    if (options.first && !loaded.adopted) tables.apply(options.first);
    const programs = { xdp: loaded.object.program('onevip_xdp'), tc: loaded.object.program('onevip_tc') };
    const mode = attach(pins, ports, programs, options.mode);
    return {
      mode,
      adopted: loaded.adopted,
      programs,
      apply: tables.apply,
      actual: tables.actual,
      ...readings(loaded, counters, tables),
      abandon,
      remove: removal(pins, abandon),
    };
  } catch (error) {
    abandon();
    if (!loaded.adopted) discard(pins);
    throw error;
  }
}

function openTables({ object }: Loaded, servers: ServerTable, options: DatapathOptions) {
  const [settings, clusters] = [object.map('settings'), object.map('clusters')];
  const services = openServiceTable((name) => object.map(name));
  const apply = (wanted: Tables): Change[] => {
    checkTables(wanted, options);
    const ports = findPorts(options);
    // Making selections takes milliseconds, in which every server that they name, before and after, must be ready.
    const ready = wanted.servers.filter(({ usable, mac }) => usable && mac !== undefined);
    return [
      ...putSettings(settings, wanted, ports, options),
      ...servers.put(ready, ports),
      ...services.put(wanted.services),
      ...servers.put(wanted.servers, ports),
      ...putClusters(clusters, wanted, services.ids()),
      ...services.dropOthers(wanted.services),
      ...dropOtherClusters(clusters, wanted.clusterAddresses),
      ...servers.dropOthers(wanted.servers),
    ];
  };
  const actual = (): Tables => ({
    ...readSettings(settings),
    clusterAddresses: readClusters(clusters),
    servers: servers.read(findPorts(options)),
    services: services.read(),
  });
  const ids = () => ({ servers: servers.ids(), services: services.ids() });
  return { apply, actual, ids, timeouts: () => readSettings(settings).timeouts };
}

function readings({ object }: Loaded, counters: Counters, { ids, timeouts }: ReturnType<typeof openTables>) {
  const weigh = weighTables(MAPS.map((name) => object.map(name)));
  return {
    outcomes: counters.outcomes,
    tallies: (): Tallies => ({
      servers: new Map(ids().servers.map((id) => [id, counters.ofServer(id)])),
      services: new Map([...ids().services].map(([name, id]) => [name, counters.ofService(id)])),
    }),
    sweep: () => {
      const swept = sweep(object.map('connections'), timeouts(), monotonicNs());
      counters.recount(swept);
      return swept.removed;
    },
    memoryBytes: () => weigh(ids().services.size),
    leaseFd: object.map('lease'),
    connectionCount: () => countConnections(object.map('connections')) + countConnections(object.map('embryos')),
  };
}

function removal(pins: Pins, abandon: () => void): () => void {
  return () => {
    detachAll(pins);
    pins.unpinMaps();
    abandon();
    pins.tidy();
  };
}

/** Take back what a failed start has pinned, unless an earlier life's links still use the place. */
function discard(pins: Pins): void {
  if (pins.links().length > 0 || pins.remembered('filters').length > 0) return;
  pins.unpinMaps();
  pins.tidy();
}
