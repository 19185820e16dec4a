import { type Address, networkOf } from './address.ts';
import { type Flow, hashOf } from './flow.ts';
import type { Binding, Configured, Knowledge, Server, Service } from './knowledge.ts';

/** Which server a new connection goes to. */

/** The server of that id, where it is not gone. */
function usableServer({ servers }: Configured, id: number): Server | undefined {
  const server = servers.get(id);
  return server?.mac === undefined ? undefined : server;
}

/** The server of a bond, where it is still the one that was meant, and is not gone. */
export function findBoundServer(configured: Configured, { server: id, serverAddress }: Binding): Server | undefined {
  const server = usableServer(configured, id);
  return server?.address === serverAddress ? server : undefined;
}

/** The client's server where the service keeps clients on theirs, or else the one of the flow's slot. */
export function selectServer(service: Service, flow: Flow, known: Knowledge, nowNs: bigint): Server | undefined {
  return findClientServer(service, flow, known, nowNs) ?? serverInSlot(known.configured, service, flow);
}

/** The server that the client is kept on, where the service's selection still gives it something new. */
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

/** Key of a client's bond. */
export function nameOfClient(service: Service, flow: Flow): string {
  return `${clientOf(service, flow)} at ${service.name}`;
}

/** All of its network that counts as one client. */
export function clientOf({ persistence }: Service, { source }: Pick<Flow, 'source'>): Address {
  return networkOf(source, persistence?.prefix ?? 0);
}

function isCurrent({ seenNs }: Binding, { persistence }: Service, nowNs: bigint): boolean {
  return persistence !== undefined && nowNs < seenNs + BigInt(persistence.timeoutMs) * 1_000_000n;
}

/**
 * The server in the slot of the flow's hash, and no other: nothing where that is gone, until the slot says something else. The
 * control plane takes a server out of the slots before it says that the server is gone.
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

/** What counts of a flow: all connections of a client that is to stay on one server have one hash. */
function hashKey({ persistence }: Service, flow: Flow): Flow {
  if (!persistence) return flow;
  return { ...flow, source: networkOf(flow.source, persistence.prefix), sourcePort: 0, destinationPort: 0 };
}
