import { type Address, networkOf } from './address.ts';
import { type Flow, hashOf } from './flow.ts';
import type { Binding, Configured, Knowledge, Server, Service } from './knowledge.ts';

/** Which server a new connection goes to. */

/** The server of that id, unless it is gone. */
function usableServer({ servers }: Configured, id: number): Server | undefined {
  const server = servers.get(id);
  return server?.mac === undefined ? undefined : server;
}

/** The server of a binding, if the id still belongs to that address, and the server is not gone. */
export function findBoundServer(configured: Configured, { server: id, serverAddress }: Binding): Server | undefined {
  const server = usableServer(configured, id);
  return server?.address === serverAddress ? server : undefined;
}

/** The server for a new connection: with affinity the client's, otherwise the one in the flow's slot. */
export function selectServer(service: Service, flow: Flow, known: Knowledge, nowNs: bigint): Server | undefined {
  return findClientServer(service, flow, known, nowNs) ?? serverInSlot(known.configured, service, flow);
}

/** With affinity, the server that the client stays on, if that still gets new connections of the service. */
export function findClientServer(
  service: Service,
  flow: Flow,
  { configured, flowTables }: Knowledge,
  nowNs: bigint,
): Server | undefined {
  const binding = flowTables.affinities.get(nameOfClient(service, flow));
  const counts = binding && isCurrent(binding, service, nowNs) && service.isEligible(binding.server);
  return counts ? findBoundServer(configured, binding) : undefined;
}

/** Key of a client's binding. */
export function nameOfClient(service: Service, flow: Flow): string {
  return `${clientOf(service, flow)} at ${service.name}`;
}

/** The network that counts as one client. */
export function clientOf({ persistence }: Service, { source }: Pick<Flow, 'source'>): Address {
  return networkOf(source, persistence?.prefix ?? 0);
}

function isCurrent({ seenNs }: Binding, { persistence }: Service, nowNs: bigint): boolean {
  return persistence !== undefined && nowNs < seenNs + BigInt(persistence.timeoutMs) * 1_000_000n;
}

/**
 * The server in the slot of the flow's hash. No other slot is tried if that server is gone. The control plane takes a server out
 * of all slots before it marks it as gone.
 */
function serverInSlot(configured: Configured, service: Service, flow: Flow): Server | undefined {
  return usableServer(configured, slotFor(service, flow).id);
}

/** The slot of a flow, by its hash (hash × slots ÷ 2³²), and the server's id in it. */
export function slotFor(service: Service, flow: Flow): { slot: number; id: number } {
  const { slots } = service;
  const slot = Math.floor((hashOf(hashKey(service, flow)) * slots.length) / 2 ** 32);
  return { slot, id: slots[slot] ?? -1 };
}

/** The part of a flow that is hashed: with affinity, all connections of one client have the same hash. */
function hashKey({ persistence }: Service, flow: Flow): Flow {
  if (!persistence) return flow;
  return { ...flow, source: networkOf(flow.source, persistence.prefix), sourcePort: 0, destinationPort: 0 };
}
