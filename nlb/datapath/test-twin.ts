import { join } from 'node:path';
import { createSingle, dropEntry, indexKey, putEntry, walkBatches } from '../kernel/bpf-map.ts';
import { loadObject } from '../kernel/bpf-object.ts';
import { runProgram } from '../kernel/bpf-test-run.ts';
import { bytesToQuad } from '../kernel/inet.ts';
import { mapMemory } from '../kernel/memory-map.ts';
import type { Address } from './address.ts';
import { dropOtherClusters, putClusters } from './cluster-table.ts';
import { readOutcomes } from './counters.ts';
import { nameOfFlow } from './flow.ts';
import type { Connection } from './knowledge.ts';
import { STRUCTS } from './layout.ts';
import { type LeaseTimes, openLease } from './lease.ts';
import type { Port } from './ports.ts';
import { openServerTable } from './server-table.ts';
import { encodeKey } from './service-table.ts';
import { putSettings } from './settings-table.ts';
import type { ServiceEntry, Tables } from './tables.ts';

/**
 * Support for the differential test: the program in the kernel, compiled with a clock that is set from here, and its
 * tables, written without waiting: the daemon swaps whole selection tables, which costs the kernel a grace period.
 */
export type Twin = ReturnType<typeof openTwin>;

const OBJECT_FILE = join(import.meta.dirname, 'datapath-test.bpf.o');
const TWIN_SIZES = { maxConnections: 256, maxServers: 8, maxServices: 8 };
const { maxServers, maxServices, maxConnections } = TWIN_SIZES;

const encodeSlots = (slots: Int32Array): Buffer => Buffer.from(new Uint16Array(slots).buffer);

/** `services`: all that there can ever be; each keeps its number, which is its place in the list. */
export function openTwin(services: ServiceEntry[], slots: Int32Array[]) {
  const entries = { servers: maxServers, services: maxServices, selections: maxServices, connections: maxConnections };
  const object = loadObject({ file: OBJECT_FILE, entries: { ...entries, clusters: maxServices }, reuse: {} });
  const [clock, lease] = [mapMemory(object.map('test_clock'), 8), openLease(object.map('lease'))];
  const nowNs = new BigUint64Array(clock.buffer);
  const servers = openServerTable(object.map('servers'), maxServers);
  const tellServices = openServices(object.map('services'), object.map('selections'), services, slots);
  const connections = object.map('connections');
  return {
    tell(tables: Tables, ports: Port[]): void {
      putSettings(object.map('settings'), tables, ports);
      servers.put(tables.servers, ports);
      servers.dropOthers(tables.servers);
      tellServices(tables.services);
      putClusters(object.map('clusters'), tables.clusterAddresses);
      dropOtherClusters(object.map('clusters'), tables.clusterAddresses);
    },
    setClock: (ns: bigint): void => void Atomics.store(nowNs, 0, ns),
    setLease: ({ answerUntilNs, forwardUntilNs }: LeaseTimes): void => lease.set(answerUntilNs, forwardUntilNs),
    run: (hook: 'xdp' | 'tc', frame: Buffer, ifindex: number) =>
      runProgram(object.program(`onevip_${hook}`), { frame, ifindex, hook }),
    connections: () =>
      new Map(entriesOf(connections).map(({ key, value }) => [decodeFlow(key), decodeConnection(value)])),
    forget: (name: string): void => {
      for (const { key } of entriesOf(connections)) if (decodeFlow(key) === name) dropEntry(connections, key);
    },
    clear: (): void => {
      for (const { key } of entriesOf(connections)) dropEntry(connections, key);
    },
    /** Zero for never, as long as the clock is; it never forgets. */
    peerAskedNs: () => lease.peerAskedNs(),
    outcomes: () => readOutcomes(object.map('counters')),
  };
}

function openServices(fd: number, selections: number, services: ServiceEntry[], slots: Int32Array[]) {
  const encoded = new Map(slots.map((table) => [table, encodeSlots(table)]));
  const held = services.map((service, id) => {
    const selection = createSingle('selection', encodeSlots(service.slots));
    putEntry(selections, indexKey(id), indexKey(selection));
    return { key: encodeKey(service), selection, slots: service.slots, serving: false };
  });
  return (wanted: ServiceEntry[]): void => {
    for (const [id, row] of held.entries()) {
      const service = wanted.find(({ address, protocol, port }) =>
        encodeKey({ address, protocol, port }).equals(row.key),
      );
      if (service && row.slots !== service.slots)
        putEntry(row.selection, indexKey(0), encoded.get(service.slots) ?? NONE);
      row.slots = service?.slots ?? row.slots;
      if (service && !row.serving) putEntry(fd, row.key, indexKey(id));
      if (!service && row.serving) dropEntry(fd, row.key);
      row.serving = service !== undefined;
    }
  };
}
const NONE = Buffer.alloc(0);

const { flow: FLOW, connection: CONNECTION } = STRUCTS;

function entriesOf(fd: number): { key: Buffer; value: Buffer }[] {
  const found = [];
  for (const { count, keys, values } of walkBatches(fd, FLOW.size, CONNECTION.size, maxConnections)) {
    for (let index = 0; index < count; index++) {
      const key = Buffer.from(keys.subarray(index * FLOW.size, (index + 1) * FLOW.size));
      found.push({ key, value: Buffer.from(values.subarray(index * CONNECTION.size, (index + 1) * CONNECTION.size)) });
    }
  }
  return found;
}

function decodeFlow(key: Buffer): string {
  return nameOfFlow({
    protocol: key.readUInt8(FLOW.protocol),
    source: bytesToQuad(key.subarray(FLOW.source)) as Address,
    destination: bytesToQuad(key.subarray(FLOW.destination)) as Address,
    sourcePort: key.readUInt16BE(FLOW.sourcePort),
    destinationPort: key.readUInt16BE(FLOW.destinationPort),
  });
}

function decodeConnection(value: Buffer): Connection {
  return {
    seenNs: value.readBigUInt64LE(CONNECTION.seenNs),
    server: value.readUInt32LE(CONNECTION.server),
    serverAddress: bytesToQuad(value.subarray(CONNECTION.serverAddress)) as Address,
  };
}
