import { nameOfService } from '../tables/tables.ts';
import { isExpired } from './connection.ts';
import { type Flow, nameOfFlow, PROTOCOL } from './flow.ts';
import type { Connection, Knowledge, ProvenTable, Service } from './knowledge.ts';

/** What is known of a flow. */

export const protocolOf = ({ protocol }: Pick<Flow, 'protocol'>) => (protocol === PROTOCOL.tcp ? 'tcp' : 'udp');

/** Where a flow's connection is once it has proved itself. */
export const provenTable = (flow: Pick<Flow, 'protocol'>): ProvenTable =>
  flow.protocol === PROTOCOL.tcp ? 'connections' : 'udpFlows';

/** The service that the flow's connection began with, while there is one; or else that of its port. */
export function serviceOf(flow: Flow, { configured, flowTables }: Knowledge): Service | undefined {
  const connection = flowTables[provenTable(flow)].get(nameOfFlow(flow));
  const known = connection && configured.services.get(connection.service);
  return known ?? findService(flow, { configured });
}

/** Whether a packet of the flow, or a connection of it, could be this service's. */
export const couldServe = (
  flow: Flow,
  { address, protocol, port }: Pick<Service, 'protocol' | 'port'> & { address: string },
) => address === flow.destination && protocol === protocolOf(flow) && (port === flow.destinationPort || port === 0);

/** That of the port, or else that of any port. */
export function findService(flow: Flow, { configured }: Pick<Knowledge, 'configured'>): Service | undefined {
  const of = { address: flow.destination, protocol: protocolOf(flow) } as const;
  const byPort = configured.services.get(nameOfService({ ...of, port: flow.destinationPort }));
  return byPort ?? configured.services.get(nameOfService({ ...of, port: 0 }));
}

/** What a table of those that have proved themselves says of the flow, where that still counts. */
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

/** The same of those that have yet to, with the service that it began with, and stays with while there is one. */
export function findHalfOpen(
  flow: Flow,
  { configured, flowTables }: Knowledge,
  nowNs: bigint,
): { halfOpen: Connection; service: Service } | undefined {
  const halfOpen = flowTables.halfOpen.get(nameOfFlow(flow));
  const service = halfOpen && configured.services.get(halfOpen.service);
  return service && !isExpired(halfOpen, configured.timeouts, nowNs) ? { halfOpen, service } : undefined;
}
