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
export function serviceOf(flow: Flow, { told, kept }: Knowledge): Service | undefined {
  const connection = kept[provenTable(flow)].get(nameOfFlow(flow));
  const known = connection && told.services.get(connection.service);
  return known ?? findService(flow, { told });
}

/** Whether a packet of the flow, or a connection of it, could be this service's. */
export const couldServe = (
  flow: Flow,
  { address, protocol, port }: Pick<Service, 'protocol' | 'port'> & { address: string },
) => address === flow.destination && protocol === protocolOf(flow) && (port === flow.destinationPort || port === 0);

/** That of the port, or else that of any port. */
export function findService(flow: Flow, { told }: Pick<Knowledge, 'told'>): Service | undefined {
  const of = { address: flow.destination, protocol: protocolOf(flow) } as const;
  const byPort = told.services.get(nameOfService({ ...of, port: flow.destinationPort }));
  return byPort ?? told.services.get(nameOfService({ ...of, port: 0 }));
}

/** What the flow's entry says in a table, where it still counts. */
export function findConnection(
  table: ProvenTable | 'embryos',
  flow: Flow,
  service: Service,
  { told, kept }: Knowledge,
  nowNs: bigint,
): Connection | undefined {
  const found = kept[table].get(nameOfFlow(flow));
  return found?.service === service.name && !isExpired(found, told.timeouts, nowNs) ? found : undefined;
}
