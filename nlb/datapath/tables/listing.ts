import { getEntry, indexKey, walkBatches } from '../../kernel/bpf-map.ts';
import { STRUCTS } from '../program/layout.ts';
import { type Flow, nameOfFlow } from '../specification/flow.ts';
import type { Connection, FlowTables, Service } from '../specification/knowledge.ts';
import { nameOfClient } from '../specification/placement.ts';
import {
  decodeBinding,
  decodeConnection,
  decodeFlow,
  encodeClient,
  encodeFlow,
  type KnownConnection,
  type ServiceNames,
} from './entries.ts';
import { readHalfOpen } from './half-open.ts';

/** Flows in the kernel's tables. Everything throws SyscallError. */

const { flow: FLOW, connection: CONNECTION, affinity: AFFINITY, entering: ENTERING } = STRUCTS;
const STEP_ENTRIES = 8192;

/** All connections of a table, some thousands at a time. Those that come or go meanwhile may be included or not. */
export function* listTable(table: number, services: ServiceNames): Generator<KnownConnection[]> {
  for (const { count, keys, values } of walkBatches(table, FLOW.size, CONNECTION.size, STEP_ENTRIES)) {
    const rows = Array.from({ length: count }, (_, index) => ({
      key: keys.subarray(index * FLOW.size, (index + 1) * FLOW.size),
      value: values.subarray(index * CONNECTION.size, (index + 1) * CONNECTION.size),
    }));
    yield rows.map(({ key, value }) => ({ flow: decodeFlow(key), connection: decodeConnection(value, services) }));
  }
}

/** How many connections a table holds, with expired ones. Throws SyscallError. */
export function countConnections(table: number): number {
  let total = 0;
  for (const { count } of walkBatches(table, FLOW.size, CONNECTION.size)) total += count;
  return total;
}

/** The entries that a packet of the flow would find. No fragments: an unfragmented packet does not look for them. */
export function readFlow(
  map: (name: string) => number,
  flow: Flow,
  { names, services }: { names: ServiceNames; services: Iterable<Service> },
): FlowTables {
  const connection = (table: string): Map<string, Connection> => {
    const value = getEntry(map(table), encodeFlow(flow), CONNECTION.size);
    return new Map(value ? [[nameOfFlow(flow), decodeConnection(value, names)]] : []);
  };
  const bindings = [...services].flatMap((service) => {
    const value = service.persistence && getEntry(map('affinities'), encodeClient(service, flow), AFFINITY.size);
    return value ? [[nameOfClient(service, flow), decodeBinding(value)] as const] : [];
  });
  const halfOpen = readHalfOpen(map('half_open'), flow, names);
  return {
    connections: connection('connections'),
    udpFlows: connection('udp_flows'),
    halfOpen: new Map(halfOpen ? [[nameOfFlow(flow), halfOpen]] : []),
    affinities: new Map(bindings),
    fragments: new Map(),
    unprovenFragments: new Map(),
    entering: entering(map('entering')),
  };
}

/** The instants up to which the limits on entering are used up. */
export function entering(fd: number): Map<'tcp' | 'udp', bigint> {
  const used = getEntry(fd, indexKey(0), ENTERING.size) ?? Buffer.alloc(ENTERING.size);
  return new Map([
    ['tcp', used.readBigUInt64LE(ENTERING.tcpUntilNs)],
    ['udp', used.readBigUInt64LE(ENTERING.udpUntilNs)],
  ]);
}
