import { CONSTANTS, type OutcomeName } from '../program/layout.ts';
import type { Address } from './address.ts';
import { isExpired } from './connection.ts';
import { type Flow, nameOfFlow, PROTOCOL } from './flow.ts';
import { forward } from './forward.ts';
import type { Binding, Connection, Exception, Knowledge, Server, Service } from './knowledge.ts';
import { findHalfOpen, protocolOf, provenTable, serviceOf } from './lookup.ts';
import { findBoundServer, findClientServer, selectOrHold, slotFor } from './placement.ts';
import { packetOf } from './trace-packet.ts';

/** What the data path would do with a packet, and why. Nothing is sent or recorded. */
export interface Trace {
  /** For people: `tcp 198.51.100.10:4711 > 203.0.113.10:80, SYN`. */
  packet: string;
  outcome: OutcomeName;
  /** The reasons of the decision, a sentence each, in the order of the data path's checks. */
  because: string[];
  /** Where it would go. */
  server?: Server;
}

/** Names for people. */
export interface Labels {
  server(server: Pick<Server, 'id' | 'address'>): string;
  /** @param name as the data path has it: `tcp 203.0.113.10:80` */
  service(name: string): string;
}

/**
 * The next packet of a flow, decided by the specification: a first packet if no connection is known, otherwise one that
 * continues it.
 * @param nowNs of CLOCK_MONOTONIC
 */
export function trace(flow: Flow, known: Knowledge, nowNs: bigint, labels: Labels): Trace {
  const access = known.configured.interfaces.find(({ roles }) => (roles & CONSTANTS.ROLE_ACCESS) !== 0);
  if (!access) throw new Error('The data path has no access interface');
  const kind = connectionOf(flow, known) ? 'next' : 'first';
  const frame = packetOf(flow, access.mac, kind);
  const decision = forward({ frame, ifindex: access.ifindex, nowNs, tickNs: nowNs, bootNs: nowNs }, known);
  const sent = decision.counts.find((counted) => counted.what === 'packet');
  const server = sent && known.configured.servers.get(sent.server);
  return {
    packet: `${textOf(flow)}, ${flow.protocol === PROTOCOL.udp ? 'a datagram' : kind === 'first' ? 'SYN' : 'ACK'}`,
    outcome: decision.outcome,
    because: [...reasons(flow, known, nowNs, labels), ...(decision.outcome === 'FORWARDED_NOT_ENTERED' ? [FULL] : [])],
    ...(server && { server }),
  };
}

const FULL = 'that would prove it, but as many connections as may have entered the table of proven ones of late';

/** As an operator writes it: the protocol by its name. */
const textOf = (flow: Flow): string => nameOfFlow(flow).replace(/^\d+/, protocolOf(flow));

function connectionOf(flow: Flow, { flowTables }: Knowledge): Connection | undefined {
  return flowTables[provenTable(flow)].get(nameOfFlow(flow)) ?? flowTables.halfOpen.get(nameOfFlow(flow));
}

/** A connection stays with the service that it began with, also while it is half-open. */
function serviceNow(flow: Flow, known: Knowledge, nowNs: bigint): Service | undefined {
  const isProven = known.flowTables[provenTable(flow)].has(nameOfFlow(flow));
  return (isProven ? undefined : findHalfOpen(flow, known, nowNs)?.service) ?? serviceOf(flow, known);
}

function* reasons(flow: Flow, known: Knowledge, nowNs: bigint, labels: Labels): Generator<string> {
  const isCluster = known.configured.clusterAddresses.has(flow.destination);
  yield isCluster
    ? `${flow.destination} is a cluster address`
    : `${flow.destination} is no cluster address: the node's own stack gets it`;
  if (!isCluster) return;
  const service = serviceNow(flow, known, nowNs);
  const port = `${protocolOf(flow)} port ${flow.destinationPort}`;
  yield service ? `${port} is served, by ${labels.service(service.name)}` : `${port} is not served there`;
  if (!service) return;
  const leftMs = (known.lease.forwardUntilNs - nowNs) / 1_000_000n;
  yield leftMs > 0n ? `this node may forward for ${leftMs} ms more` : 'this node holds no lease, and forwards nothing';
  if (leftMs > 0n) yield* placement(flow, service, known, nowNs, labels);
}

function* placement(flow: Flow, service: Service, known: Knowledge, nowNs: bigint, labels: Labels) {
  const connection = connectionOf(flow, known);
  if (!connection) yield 'nothing is known of this connection: it is a new one';
  else {
    const isThere = connection.service === service.name && !isExpired(connection, known.configured.timeouts, nowNs);
    yield `${describe(connection, nowNs, labels)}${isThere ? '' : '; that is over, and counts as absent'}`;
    if (isThere && (yield* stays(connection, known, labels))) return;
  }
  const { held } = selectOrHold(service, flow, known, nowNs);
  const exception = known.configured.exceptions.get(nameOfFlow(flow));
  if (exception) yield describeException(exception, held !== undefined, labels);
  const bound = exception || held ? undefined : findClientServer(service, flow, known, nowNs);
  if (bound) yield `its client is kept on ${labels.server(bound)}`;
  else if (!exception) yield choice(service, flow, known, labels);
}

function describeException({ server, serverAddress }: Exception, isHeld: boolean, labels: Labels): string {
  const at = labels.server({ id: server, address: serverAddress });
  return `an exception names ${at}${isHeld ? ', which cannot be followed yet: the packet waits in user space' : ''}`;
}

function describe({ state, seenNs, server, serverAddress }: Connection, nowNs: bigint, labels: Labels): string {
  const at = labels.server({ id: server, address: serverAddress });
  return `a connection of it is known: ${state}, last seen ${(nowNs - seenNs) / 1_000_000n} ms ago, at ${at}`;
}

function* stays(connection: Binding, { configured }: Knowledge, labels: Labels): Generator<string, boolean> {
  const server = findBoundServer(configured, connection);
  const address: Address = connection.serverAddress;
  yield server
    ? `${labels.server(server)} is not gone, so it stays there`
    : `${labels.server({ id: connection.server, address })} is gone, so it moves`;
  return server !== undefined;
}

function choice(service: Service, flow: Flow, { configured }: Knowledge, labels: Labels): string {
  const { slot, id, isHeld } = slotFor(service, flow);
  const where = `by its hash it goes to slot ${slot} of ${service.slots.length}`;
  if (isHeld) return `${where}, which is held: the packet waits in user space`;
  const server = configured.servers.get(id);
  if (!server) return `${where}, which names no server`;
  return `${where}: ${labels.server(server)}${server.mac === undefined ? ', which is gone' : ''}`;
}
