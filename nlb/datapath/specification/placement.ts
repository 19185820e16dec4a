import { isHeld, serverIn } from '../tables/slot.ts';
import { type Address, networkOf, networkOfWord } from './address.ts';
import type { Held } from './decision.ts';
import { type Flow, type FlowNumbers, hashOfNumbers, nameOfFlow, numbersOf } from './flow.ts';
import type { Binding, Configured, Knowledge, Server, Service } from './knowledge.ts';

/** Which server a new connection goes to. */

/** The server of that id, unless it is gone. */
function usableServer({ servers }: Configured, id: number): Server | undefined {
  const server = servers.get(id);
  return server?.mac === undefined ? undefined : server;
}

/** The server of a binding, if the id still belongs to that address, and the server is not gone. */
export function findBoundServer(
  configured: Configured,
  { server: id, serverAddress }: Omit<Binding, 'seenNs'>,
): Server | undefined {
  const server = usableServer(configured, id);
  return server?.address === serverAddress ? server : undefined;
}

/** Where a flow without a connection goes. */
export interface SelectedServer {
  /** Undefined if there is none, or it is gone. */
  server: Server | undefined;
  /** It must not go there before user space has spoken with the peer. */
  held?: Held;
}

/**
 * To the server of its exception, if that is settled and the server is not gone. A flow with any other exception is held, and so is one
 * of a slot with the mark. All others go to their client's server, with affinity, or to the one in their slot.
 */
export function selectOrHold(service: Service, flow: Flow, known: Knowledge, nowNs: bigint): SelectedServer {
  const { configured } = known;
  const { slot, id, isHeld } = slotFor(service, flow);
  const exception = configured.exceptions.get(nameOfFlow(flow));
  const excepted = exception && findBoundServer(configured, exception);
  if (exception?.isSettled && excepted) return { server: excepted };
  const held = (by: Held['by']): Held => ({ by, slot, service: service.name, flow });
  if (exception) return { server: excepted ?? usableServer(configured, id), held: held('exception') };
  if (isHeld) return { server: usableServer(configured, id), held: held('slot') };
  return { server: findClientServer(service, flow, known, nowNs) ?? usableServer(configured, id) };
}

/** The server for a packet that is never held: an ICMP error, or a fragment without ports. */
export function selectServer(service: Service, flow: Flow, known: Knowledge, nowNs: bigint): Server | undefined {
  return selectOrHold(service, flow, known, nowNs).server;
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
 * The slot of a flow, by its hash (hash × slots ÷ 2³²), the server's id in it, and whether it is held. No other slot is tried if that
 * server is gone. The control plane takes a server out of all slots before it marks it as gone.
 */
export function slotFor(service: Service, flow: Flow): { slot: number; id: number; isHeld: boolean } {
  const { slots } = service;
  const slot = slotOf(numbersOf(flow), slots.length, service.persistence?.prefix);
  const content = slots[slot] ?? -1;
  return { slot, id: serverIn(content), isHeld: isHeld(content) };
}

/**
 * The slot of a flow, of so many. With affinity, all connections of one client have the same hash.
 * @param prefix bits of the client's address that count, with affinity
 */
export function slotOf(flow: FlowNumbers, slots: number, prefix?: number): number {
  return Math.floor((hashOfNumbers(prefix === undefined ? flow : hashKey(flow, prefix)) * slots) / 2 ** 32);
}

const hashKey = ({ protocol, source, destination }: FlowNumbers, prefix: number): FlowNumbers => ({
  ...{ protocol, source: networkOfWord(source, prefix), destination },
  ...{ sourcePort: 0, destinationPort: 0 },
});
