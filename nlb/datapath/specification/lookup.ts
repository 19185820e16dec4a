import { nameOfService } from '../tables/tables.ts';
import { isExpired } from './connection.ts';
import { type Flow, nameOfFlow, PROTOCOL } from './flow.ts';
import type { Connection, Knowledge, ProvenTable, Service } from './knowledge.ts';

/** Look-ups of a flow: its service and its connection. */

export const protocolOf = ({ protocol }: Pick<Flow, 'protocol'>) => (protocol === PROTOCOL.tcp ? 'tcp' : 'udp');

/** The table of the flow's connection once that is proven. */
export const provenTable = (flow: Pick<Flow, 'protocol'>): ProvenTable =>
  flow.protocol === PROTOCOL.tcp ? 'connections' : 'udpFlows';

/** The service that the flow's proven connection began with, while that exists; otherwise that of its port. */
export function serviceOf(flow: Flow, { configured, flowTables }: Knowledge): Service | undefined {
  const connection = flowTables[provenTable(flow)].get(nameOfFlow(flow));
  const known = connection && configured.services.get(connection.service);
  return known ?? findService(flow, { configured });
}

/** Whether the service could be that of a packet, or a connection, of the flow. */
export const couldServe = (
  flow: Flow,
  { address, protocol, port }: Pick<Service, 'protocol' | 'port'> & { address: string },
) => address === flow.destination && protocol === protocolOf(flow) && (port === flow.destinationPort || port === 0);

/** The service of the port, or else that of any port. */
export function findService(flow: Flow, { configured }: Pick<Knowledge, 'configured'>): Service | undefined {
  const of = { address: flow.destination, protocol: protocolOf(flow) } as const;
  const byPort = configured.services.get(nameOfService({ ...of, port: flow.destinationPort }));
  return byPort ?? configured.services.get(nameOfService({ ...of, port: 0 }));
}

/** The flow's proven connection, unless it has expired or belongs to another service. */
export function findConnection(
  table: ProvenTable,
  flow: Flow,
  service: Service,
  { configured, flowTables }: Knowledge,
  nowNs: bigint,
): Connection | undefined {
  const found = flowTables[table].get(nameOfFlow(flow));
  return found?.service === service.name && !isExpired(found, configured.timeouts, nowNs) ? found : undefined;
}

/** The flow's half-open connection, unless it has expired, with the service that it began with. */
export function findHalfOpen(
  flow: Flow,
  { configured, flowTables }: Knowledge,
  nowNs: bigint,
): { halfOpen: Connection; service: Service } | undefined {
  const halfOpen = flowTables.halfOpen.get(nameOfFlow(flow));
  const service = halfOpen && configured.services.get(halfOpen.service);
  return service && !isExpired(halfOpen, configured.timeouts, nowNs) ? { halfOpen, service } : undefined;
}
