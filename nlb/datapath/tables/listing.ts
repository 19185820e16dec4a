import { getEntry, indexKey } from '../../kernel/bpf-map.ts';
import { STRUCTS } from '../program/layout.ts';
import { type Flow, nameOfFlow } from '../specification/flow.ts';
import type { Connection, FlowTables, ProvenTable, Service } from '../specification/knowledge.ts';
import { protocolOf } from '../specification/lookup.ts';
import { nameOfClient } from '../specification/placement.ts';
import { decodeBinding, encodeClient, type KnownConnection, type ServiceNames } from './entries.ts';
import type { FlowRows } from './flow-table.ts';
import type { FlowTableRows } from './flow-tables.ts';

/** Flows in the kernel's tables. Everything throws SyscallError. */

const { affinity: AFFINITY, entering: ENTERING } = STRUCTS;
/** 2 MiB of rows. */
const STEP_GROUPS = 8192;

/** All connections of a table, some thousands at a time. Those that come or go meanwhile may be included or not. */
export function* listTable(rows: FlowRows, services: ServiceNames): Generator<KnownConnection[]> {
  for (let group = 0; group < rows.groups; group += STEP_GROUPS)
    yield rows.used(group, STEP_GROUPS).flatMap((row) => rows.read(row, services) ?? []);
}

/** How many connections a table holds, with expired ones. */
export function countConnections(rows: FlowRows): number {
  let total = 0;
  for (let group = 0; group < rows.groups; group += STEP_GROUPS) total += rows.used(group, STEP_GROUPS).length;
  return total;
}

/** The entries that a packet of the flow would find. No fragments: an unfragmented packet does not look for them. */
export function readFlow(
  map: (name: string) => number,
  tables: Pick<FlowTableRows, ProvenTable | 'halfOpen'>,
  flow: Flow,
  { names, services }: { names: ServiceNames; services: Iterable<Service> },
): FlowTables {
  const connection = (rows: FlowRows): Map<string, Connection> => {
    const row = rows.find(flow);
    const known = row === undefined ? undefined : rows.read(row, names);
    return new Map(known ? [[nameOfFlow(flow), known.connection]] : []);
  };
  const bindings = [...services].flatMap((service) => {
    const value = service.persistence && getEntry(map('affinities'), encodeClient(service, flow), AFFINITY.size);
    return value ? [[nameOfClient(service, flow), decodeBinding(value)] as const] : [];
  });
  return {
    connections: connection(tables.connections),
    udpFlows: connection(tables.udpFlows),
    halfOpen: connection(tables.halfOpen[protocolOf(flow)]),
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
