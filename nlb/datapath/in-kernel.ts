import { monotonicNs } from '../kernel/clock.ts';
import { attach, type BpfMode, detachAll } from './attach/attach.ts';
import { type Attachment, openAttachment } from './attach/attachment.ts';
import { type ConfiguredInterfaces, type DatapathInterface, findInterfaces } from './attach/interfaces.ts';
import { openPins, type Pins } from './attach/pins.ts';
import { hookOf, type Loaded, loadProgram, MAPS } from './attach/program.ts';
import type { ProgramInUse } from './attach/release-path.ts';
import { dropTracings, openUnsent, type UnsentCounter } from './attach/unsent.ts';
import type { Datapath, DatapathOptions, Tallies } from './datapath.ts';
import { type HeldFlowsParts, type OpenHeldFlows, openHeldFlowsFrom } from './held-flows.ts';
import { openInterfaceFollower } from './interface-follower.ts';
import type { Flow } from './specification/flow.ts';
import { configuredBy, type Knowledge, NO_PEER } from './specification/knowledge.ts';
import { couldServe } from './specification/lookup.ts';
import {
  dropOtherClusterAddresses,
  putClusterAddresses,
  readClusterAddresses,
} from './tables/cluster-address-table.ts';
import { type Counters, openCounters } from './tables/counters.ts';
import type { KnownConnection } from './tables/entries.ts';
import { exceptionOf } from './tables/exception-table.ts';
import { expireConnections } from './tables/expire.ts';
import { regionsFor } from './tables/flow-table-sizes.ts';
import { type FlowTableRows, openFlowTables } from './tables/flow-tables.ts';
import { openLease, openLeaseFile, readLease } from './tables/lease.ts';
import { countConnections, listTable, readFlow } from './tables/listing.ts';
import { tablesMemoryBytes } from './tables/memory.ts';
import { beginRecount } from './tables/recount.ts';
import { openServerTable, type ServerTable } from './tables/server-table.ts';
import { openServiceTable, type ServiceName } from './tables/service-table.ts';
import { hashSeed, putSettings, readSettings } from './tables/settings-table.ts';
import {
  type Change,
  checkTables,
  nameOfService,
  type SelectedTables,
  type TableSizes,
  type Tables,
} from './tables/tables.ts';
import { removeUserspace } from './userspace/userspace.ts';

/** The data path as BPF programs in the kernel. */

export interface LoadedPins {
  pins: Pins;
  loaded: Loaded;
}

/** The programs with their tables, new ones or those of an earlier run. Throws SyscallError. */
export function loadKernel(options: DatapathOptions): LoadedPins {
  const pins = openPins(options.pinDirectory);
  try {
    const loaded = loadProgram(pins, options, hookOf(options.mode));
    if (loaded.replacedVersion)
      options.problem?.(
        'Pinned tables of another version are replaced: known connections are placed by their hash again',
      );
    return { pins, loaded };
  } catch (error) {
    discard(pins);
    throw error;
  }
}

/** The lease of an earlier data path in user space goes on. */
function takeOverLease(pinDirectory: string, fd: number): void {
  const [left, lease] = [openLeaseFile(pinDirectory), openLease(fd)];
  const times = left?.get();
  if (times) lease.set(times.answerUntilNs, times.forwardUntilNs);
  left?.close();
  lease.close();
}

/** Attach what has been loaded. Throws as openDatapath(). */
export function openInKernel(
  options: DatapathOptions & { mode: 'auto' | BpfMode },
  first: ConfiguredInterfaces,
  { pins, loaded }: LoadedPins,
): Datapath {
  const servers = openServerTable(loaded.map('servers'), options.maxServers);
  const programs = { xdp: () => loaded.program('xdp'), tc: () => loaded.program('tc') };
  const tables = openTables(loaded, servers, options);
  const counters = openCounters((name) => loaded.map(name), options);
  let flows: FlowTableRows | undefined;
  let heldFlows: OpenHeldFlows | undefined;
  let unsent: UnsentCounter | undefined;
  const abandon = (): void => {
    unsent?.close();
    heldFlows?.close();
    counters.close();
    flows?.close();
    tables.close();
    servers.close();
    loaded.close();
  };
  try {
    tables.begin(first.present, loaded.adopted ? undefined : options.first);
    takeOverLease(options.pinDirectory, loaded.map('lease'));
    const openFlows = openFlowTables(loaded.map('flows'), regionsFor(options), hashSeed(loaded.map('settings')));
    flows = openFlows;
    const counter = openUnsent(pins, loaded);
    unsent = counter;
    const attachment = openAttachment(
      { pins, programs, wanted: options.mode },
      attach(pins, first.present, programs, options.mode),
    );
    counter.follow(attachment.mode());
    const inUse = (): ProgramInUse => ({
      mode: attachment.mode(),
      program: loaded.program(hookOf(attachment.mode())),
    });
    const modeChanged = (): void => {
      const { mode, program } = inUse();
      counter.follow(mode);
      heldFlows?.useMode(mode, program);
    };
    const heldFlowsParts = (): HeldFlowsParts => ({ ...partsOf(loaded, options), ...inUse() });
    removeUserspace(options.pinDirectory);
    return {
      get mode() {
        return attachment.mode();
      },
      adopted: loaded.adopted,
      programs,
      ...openInterfaceFollower(options, first, listening(attachment, modeChanged), tables),
      select: tables.select,
      actual: tables.actual,
      poolRows: tables.poolRows,
      unsent: () => counter.read(),
      heldFlowsParts,
      heldFlows: () => {
        heldFlows ??= openHeldFlowsFrom(heldFlowsParts());
        return heldFlows;
      },
      ...readings(loaded, { counters, flows: openFlows }, tables),
      abandon,
      remove: removal(pins, abandon),
    };
  } catch (error) {
    abandon();
    if (!loaded.adopted) discard(pins);
    throw error;
  }
}

/** Whatever depends on the mode follows it. */
const listening = (attachment: Attachment, modeChanged: () => void): Attachment => ({
  mode: attachment.mode,
  follow: (interfaces) => {
    const refused = attachment.follow(interfaces);
    modeChanged();
    return refused;
  },
});

/** For another thread, so nothing but data. */
const partsOf = (loaded: Loaded, sizes: TableSizes): Omit<HeldFlowsParts, keyof ProgramInUse> => ({
  maps: Object.fromEntries(MAPS.map((name) => [name, loaded.map(name)])),
  sizes: sizesIn(sizes),
  hashSeed: hashSeed(loaded.map('settings')),
});

const sizesIn = ({ maxConnections, maxUdpFlows, maxServers, maxServices, maxExceptions = 0 }: TableSizes) => ({
  ...{ maxConnections, maxUdpFlows, maxServers, maxServices, maxExceptions },
});

function openTables(loaded: Loaded, servers: ServerTable, options: DatapathOptions) {
  const [settings, clusterAddresses] = [loaded.map('settings'), loaded.map('cluster_addresses')];
  const services = openServiceTable((name) => loaded.map(name), options.maxServices);
  let guarded = '';
  /** Finding each address's service for fragments walks all services: done only when these change. */
  const applyClusterAddresses = (wanted: Tables, change: () => Change[]): Change[] => {
    const names = wanted.services.map(nameOfService);
    const key = JSON.stringify([wanted.clusterAddresses, names]);
    if (key === guarded) return [];
    guarded = '';
    const changes = change();
    guarded = key;
    return changes;
  };
  const apply = (wanted: Tables, interfaces: DatapathInterface[]): Change[] => {
    checkTables(wanted, options);
    // While slots are written, every server that a slot names, before or after, must exist.
    const kept = wanted.servers.filter((server) => server.kept);
    return [
      ...putSettings(settings, wanted, interfaces, options),
      ...servers.put(kept, interfaces),
      ...services.put(wanted.services),
      ...servers.put(wanted.servers, interfaces),
      ...applyClusterAddresses(wanted, () => [
        ...putClusterAddresses(clusterAddresses, wanted, services.ids()),
        ...services.dropOthers(wanted.services),
        ...dropOtherClusterAddresses(clusterAddresses, wanted.clusterAddresses),
      ]),
      ...servers.dropOthers(wanted.servers),
    ];
  };
  const moveInterfaces = (interfaces: DatapathInterface[], wanted?: Tables): Change[] => [
    ...putSettings(settings, wanted ?? readSettings(settings), interfaces, options),
    ...servers.put(wanted?.servers ?? [], interfaces),
  ];
  /** Before anything is attached: a program that does not know its interface lets everything pass. */
  const begin = (interfaces: DatapathInterface[], tables?: Tables): Change[] =>
    tables ? apply(tables, interfaces) : moveInterfaces(interfaces);
  const actual = (wanted?: (service: ServiceName) => boolean): SelectedTables<Int32Array> => ({
    ...readSettings(settings),
    clusterAddresses: readClusterAddresses(clusterAddresses),
    servers: servers.read(findInterfaces(options).present),
    services: services.read(wanted),
  });
  const ids = () => ({ servers: servers.ids(), services: services.ids() });
  const toldOf = (flow: Flow) =>
    configuredBy(
      actual((service) => couldServe(flow, service)),
      findInterfaces(options).present,
      exceptionOf(loaded.map('exceptions'), flow),
    );
  return {
    begin,
    apply,
    moveInterfaces,
    select: services.select,
    poolRows: services.poolRows,
    actual: () => actual(),
    ids,
    toldOf,
    timeouts: () => readSettings(settings).timeouts,
    close: services.close,
  };
}

function readings(
  loaded: Loaded,
  { counters, flows }: { counters: Counters; flows: FlowTableRows },
  { ids, toldOf, timeouts }: ReturnType<typeof openTables>,
) {
  const map = (name: string): number => loaded.map(name);
  const memoryBytes = tablesMemoryBytes(MAPS.map(map));
  const names = () => namesOf(ids().services);
  return {
    outcomes: counters.outcomes,
    tableCount: counters.ofTable,
    tallies: (): Tallies => ({
      servers: new Map(ids().servers.map((id) => [id, counters.ofServer(id)])),
      services: new Map([...ids().services].map(([name, id]) => [name, counters.ofService(id)])),
    }),
    *expireConnections(): Generator<void, number> {
      const { connections, udpFlows } = flows;
      const recount = beginRecount(counters.memory);
      return yield* expireConnections({ connections, udpFlows, recount }, timeouts(), monotonicNs());
    },
    *connections(): Generator<KnownConnection[]> {
      for (const rows of flows.all) yield* listTable(rows, names());
    },
    knowledgeOf: (flow: Flow): Knowledge => {
      const known = toldOf(flow);
      const flowTables = readFlow(map, flows, flow, { names: names(), services: known.services.values() });
      return { configured: known, lease: readLease(map('lease')), peer: NO_PEER, flowTables };
    },
    memoryBytes: () => memoryBytes,
    leaseFd: map('lease'),
    connectionCount: () => flows.all.reduce((sum, rows) => sum + countConnections(rows), 0),
  };
}

const namesOf = (numbers: ReadonlyMap<string, number>) => new Map([...numbers].map(([name, id]) => [id, name]));

/** Remove what an earlier run left there. */
export const removeFromKernel = (pinDirectory: string): void => removal(openPins(pinDirectory))();

function removal(pins: Pins, abandon?: () => void): () => void {
  return () => {
    detachAll(pins);
    dropTracings(pins);
    pins.unpinMaps();
    abandon?.();
    pins.tidy();
  };
}

/** Remove what a failed start has pinned, unless links of an earlier run still use the directory. */
function discard(pins: Pins): void {
  if (pins.links().length > 0 || pins.remembered('filters').length > 0) return;
  dropTracings(pins);
  pins.unpinMaps();
  pins.tidy();
}
