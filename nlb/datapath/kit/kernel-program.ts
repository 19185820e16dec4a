import { join } from 'node:path';
import { dropEntry, getEntry, indexKey, putEntry, walkBatches } from '../../kernel/bpf-map.ts';
import { loadObject } from '../../kernel/bpf-object.ts';
import { runProgram } from '../../kernel/bpf-test-run.ts';
import { mapMemory } from '../../kernel/memory-map.ts';
import type { DatapathInterface } from '../attach/interfaces.ts';
import { entriesOf, heldRingBytes } from '../attach/program.ts';
import { CONSTANTS, STRUCTS } from '../program/layout.ts';
import { flowNamed, nameOfFlow } from '../specification/flow.ts';
import type { Clocks } from '../specification/forward.ts';
import type { Connection, Exception } from '../specification/knowledge.ts';
import { protocolOf } from '../specification/lookup.ts';
import { dropOtherClusterAddresses, putClusterAddresses } from '../tables/cluster-address-table.ts';
import { openCounters } from '../tables/counters.ts';
import { decodeBinding, decodeClient, decodeDatagram, decodeFragments, type ServiceNames } from '../tables/entries.ts';
import { openExceptionTable } from '../tables/exception-table.ts';
import { type FlowRows, groupOfFlow, rowByChance, startOfFlow } from '../tables/flow-table.ts';
import { type FlowRegions, regionsOfGroups } from '../tables/flow-table-sizes.ts';
import { openFlowTables } from '../tables/flow-tables.ts';
import { openHeldRing } from '../tables/held-ring.ts';
import { type LeasePeer, type LeaseTimes, openLease } from '../tables/lease.ts';
import { entering } from '../tables/listing.ts';
import { openSelectionTable } from '../tables/selection-table.ts';
import { openServerTable } from '../tables/server-table.ts';
import { encodeKey, encodeService } from '../tables/service-table.ts';
import { putRegions, putSettings } from '../tables/settings-table.ts';
import { nameOfService, poolOf, type SelectedService, type SelectedTables } from '../tables/tables.ts';
import { openDaemonLife } from './daemon-life.ts';

/** Support for the differential test: the program in the kernel, compiled with a clock that the test sets, and its tables. */
export type KernelProgram = ReturnType<typeof openKernelProgram>;

const OBJECT_FILE = join(import.meta.dirname, '../program/datapath-test.bpf.o');
/** Small, because whole tables are read after each history; more entries than one history writes. */
const SIZES = { maxConnections: 256, maxUdpFlows: 256, maxServers: 8, maxServices: 8, maxExceptions: 64 };

/**
 * `services`: all possible ones; each has its index in the list as its number.
 */
export function openKernelProgram(services: SelectedService<Int32Array>[]) {
  const object = loadObject({ file: OBJECT_FILE, entries: entriesOf(SIZES), reuse: {} });
  const fd = (map: string): number => object.map(map);
  const [clock, lease] = [mapMemory(fd('test_clock'), 24), openLease(fd('lease'))];
  const clocks = new BigUint64Array(clock.buffer);
  const servers = openServerTable(fd('servers'), SIZES.maxServers);
  const ids = new Map(services.map((service, id) => [nameOfService(service), id]));
  const configureServices = openServices(fd, services);
  const exceptions = openExceptionTable(fd);
  const ring = openHeldRing(fd('held_frames'), heldRingBytes(SIZES));
  const all = () => new Map([...exceptions.list()].flat().map(([flow, each]) => [nameOfFlow(flow), each]));
  return {
    configure(tables: SelectedTables<Int32Array>, interfaces: DatapathInterface[]): void {
      putSettings(fd('settings'), tables, interfaces, SIZES);
      limitGroups(fd('settings'));
      servers.put(tables.servers, interfaces);
      servers.dropOthers(tables.servers);
      configureServices(tables.services);
      putClusterAddresses(fd('cluster_addresses'), tables, ids);
      dropOtherClusterAddresses(fd('cluster_addresses'), tables.clusterAddresses);
    },
    setClocks: ({ nowNs, tickNs, bootNs }: Clocks): void => clocks.set([nowNs, tickNs, bootNs]),
    setLease: ({ answerUntilNs, forwardUntilNs }: LeaseTimes): void => lease.set(answerUntilNs, forwardUntilNs),
    lease: (): LeaseTimes => lease.get(),
    run: (hook: 'xdp' | 'tc', frame: Buffer, ifindex: number) =>
      runProgram(object.program(`onevip_${hook}`), { frame, ifindex, hook }),
    /** Frames that were handed to user space since the last call. */
    held: () => ring.take(Number.POSITIVE_INFINITY),
    /** By flow. */
    setExceptions(wanted: ReadonlyMap<string, Exception>): void {
      for (const name of all().keys()) if (!wanted.has(name)) exceptions.drop(flowNamed(name));
      for (const [name, each] of wanted) exceptions.put(flowNamed(name), each);
    },
    exceptions: all,
    flowTables: accessTables(fd, services.map(nameOfService)),
    /** Descriptor of a table, by its name in the program. */
    descriptor: fd,
    /** The group of the flow of that name: an entry of the array, or, for half-open connections, a cache line of it. */
    groupOf: (name: string, table: keyof FlowRegions): number => {
      const flow = flowNamed(name);
      const { first, groups } = REGIONS[table][protocolOf(flow)];
      const ofEntry = table === 'halfOpen' ? CONSTANTS.GROUP_ROWS / CONSTANTS.LINE_ROWS : 1;
      return first * ofEntry + groupOfFlow(flow, groups, HASH_SEED);
    },
    /** The row that the search for the flow of that name begins with, in a group of so many. */
    startOf: (name: string, rows: number): number => startOfFlow(flowNamed(name), rows, HASH_SEED),
    /** Which half-open connection of its group gives way to the flow of that name; undefined if the one that expires first. */
    rowByChance: (name: string, nowNs: bigint): number | undefined => {
      const flow = flowNamed(name);
      return protocolOf(flow) === 'udp' ? rowByChance(flow, nowNs, HASH_SEED) : undefined;
    },
    setPeer: ({ mac, boot }: Pick<LeasePeer, 'mac' | 'boot'>): void => {
      lease.namePeer(mac ?? '00:00:00:00:00:00');
      lease.expectBoot(boot ?? '');
    },
    setDaemonAlive: openDaemonLife(fd('lease')).live,
    /** Reset the allowances of beats. */
    forgetAllowances: (): void => {
      for (const index of lease.peer().allowances.keys()) lease.noteAllowance(index, { fromNs: 0n, passed: 0n });
    },
    allowances: () => lease.peer().allowances,
    entering: () => entering(fd('entering')),
    /** Reset the limits on entering. */
    enterAnew: () => putEntry(fd('entering'), indexKey(0), Buffer.alloc(STRUCTS.entering.size)),
    /** When the peer last asked for the NLBS address. */
    peerAskedNs: () => lease.peerAskedNs(),
    forgetPeerAsked: () => lease.notePeerAsked(0n),
    counters: openCounters(fd, SIZES),
  };
}

/** So few that the flows of one history fill a group. */
const REGIONS: FlowRegions = regionsOfGroups({ tcp: 2, udp: 1 }, { tcp: 2, udp: 1 });
/** Always the same, so that a history can be replayed. */
const HASH_SEED = 0x0123_4567_89ab_cdefn;

function limitGroups(settings: number): void {
  const { size, hashSeed } = STRUCTS.settings;
  const current = getEntry(settings, indexKey(0), size) ?? Buffer.alloc(size);
  putRegions(current, REGIONS);
  current.writeBigUInt64LE(HASH_SEED, hashSeed);
  putEntry(settings, indexKey(0), current);
}

/** Services keep their numbers, and pools their rows, whatever is configured. */
function openServices(fd: (map: string) => number, services: SelectedService<Int32Array>[]) {
  const selections = openSelectionTable(fd('selections'), SIZES.maxServices);
  const rows = new Map([...new Set(services.map(poolOf))].map((pool, row) => [pool, row]));
  return (wanted: SelectedService<Int32Array>[]): void => {
    for (const [id, service] of services.entries()) {
      const row = rows.get(poolOf(service)) ?? 0;
      const current = wanted.find((candidate) => nameOfService(candidate) === nameOfService(service));
      if (current) selections.write(row, current.slots);
      putEntry(
        fd('services'),
        indexKey(id),
        current ? encodeService(current, id, row) : Buffer.alloc(STRUCTS.service.size),
      );
      if (current) putEntry(fd('service_ids'), encodeKey(service), indexKey(id));
      else dropEntry(fd('service_ids'), encodeKey(service));
    }
  };
}

/** A flow table, for reading and clearing it. */
export interface FlowTableAccess<Value> {
  read(): Map<string, Value>;
  forget(name: string): void;
  clear(): void;
}

function accessTables(fd: (map: string) => number, services: string[]) {
  const names = new Map(services.entries());
  const flows = openFlowTables(fd('flows'), REGIONS, HASH_SEED);
  const fragments = (value: Buffer) => decodeFragments(value, names);
  return {
    connections: accessRows([flows.connections], names),
    udpFlows: accessRows([flows.udpFlows], names),
    halfOpen: accessRows([flows.halfOpen.tcp, flows.halfOpen.udp], names),
    affinities: accessTable(fd('affinities'), { key: CLIENT, value: STRUCTS.affinity }, decodeClient, decodeBinding),
    fragments: accessTable(fd('fragments'), { key: DATAGRAM, value: FRAGMENT }, decodeDatagram, fragments),
    unprovenFragments: accessTable(
      fd('unproven_fragments'),
      { key: DATAGRAM, value: FRAGMENT },
      decodeDatagram,
      fragments,
    ),
  };
}

const { affinityKey: CLIENT, fragmentKey: DATAGRAM, fragment: FRAGMENT } = STRUCTS;

function accessRows(tables: FlowRows[], names: ServiceNames): FlowTableAccess<Connection> {
  const all = () => tables.flatMap((rows) => rows.used(0, rows.groups).flatMap((row) => rows.read(row, names) ?? []));
  return {
    read: () => new Map(all().map(({ flow, connection }) => [nameOfFlow(flow), connection])),
    forget: (name) => {
      for (const rows of tables) {
        const row = rows.find(flowNamed(name));
        const found = row === undefined ? undefined : rows.look(row);
        if (row !== undefined && found) rows.free(row, found.last);
      }
    },
    clear: () => {
      for (const rows of tables) rows.clear();
    },
  };
}

interface Sizes {
  key: { size: number };
  value: { size: number };
}

function accessTable<Value>(
  fd: number,
  { key, value }: Sizes,
  nameOf: (key: Buffer) => string,
  decode: (value: Buffer) => Value,
): FlowTableAccess<Value> {
  const entries = (): { key: Buffer; value: Buffer }[] => {
    const found = [];
    for (const { count, keys, values } of walkBatches(fd, key.size, value.size, SIZES.maxConnections)) {
      for (let index = 0; index < count; index++) {
        found.push({ key: entryAt(keys, index, key.size), value: entryAt(values, index, value.size) });
      }
    }
    return found;
  };
  return {
    read: () => new Map(entries().map((entry) => [nameOf(entry.key), decode(entry.value)])),
    forget: (name) => {
      for (const entry of entries()) if (nameOf(entry.key) === name) dropEntry(fd, entry.key);
    },
    clear: () => {
      for (const entry of entries()) dropEntry(fd, entry.key);
    },
  };
}

/** A copy, because the walk reuses its memory. */
const entryAt = (bytes: Buffer, index: number, size: number): Buffer =>
  Buffer.from(bytes.subarray(index * size, (index + 1) * size));
