import { beginsAgain, isActive, nextState, provenState, proves } from './connection.ts';
import { dropped, heldResult, type Result } from './decision.ts';
import { entry } from './entering.ts';
import { nameOfFlow, type Segment } from './flow.ts';
import type { Binding, Connection, Knowledge, Server, Service } from './knowledge.ts';
import { findConnection, findHalfOpen, findService, provenTable } from './lookup.ts';
import { findBoundServer, nameOfClient, type SelectedServer, selectOrHold } from './placement.ts';

/** A segment or datagram that is to be forwarded. */
export interface BalancedPacket {
  segment: Segment;
  service: Service;
  nowNs: bigint;
}

/**
 * Decides about it. Its proven connection counts as absent if that has another service or has expired, or if another connection
 * begins with the same ports and the server is gone.
 */
export function balance(packet: BalancedPacket, known: Knowledge): Result {
  const { service, segment, nowNs } = packet;
  const name = nameOfFlow(segment.flow);
  const table = provenTable(segment.flow);
  const connection = findConnection(table, segment.flow, service, known, nowNs);
  const stays = connection && (!beginsAgain(connection, segment) || findBoundServer(known.configured, connection));
  if (connection && stays) return continueConnection(packet, connection, known);
  const over = known.flowTables[table].get(name);
  if (!over) return beginConnection(packet, known);
  const next = findService(segment.flow, known);
  const begun = next ? beginConnection({ ...packet, service: next }, known) : dropped('DROPPED_NOT_SERVED');
  return {
    ...begun,
    writes: [{ table, name, value: undefined }, ...begun.writes],
    counts: [{ what: 'removed', table }, ...(isActive(over) ? [activity(over, -1)] : []), ...begun.counts],
  };
}

/**
 * A connection keeps its server until that is gone, whatever the selection says by now. So does one that begins again with the
 * same ports: the FIN or RST before, and the SYN, may be forged, and the connection may be alive.
 */
function continueConnection({ segment, service, nowNs }: BalancedPacket, before: Connection, known: Knowledge): Result {
  const own = findBoundServer(known.configured, before);
  const { server, held }: SelectedServer = own ? { server: own } : selectOrHold(service, segment.flow, known, nowNs);
  if (held) return heldResult(held);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const after = { ...before, ...bindingTo(server, nowNs), state: nextState(before.state, segment) };
  const changed = !own || after.state !== before.state;
  const begins = own !== undefined && changed && after.state === 'unproven';
  const binds = !own || (isActive(after) && !isActive(before));
  return {
    outcome: own ? outcomeWhereItIs(after, begins) : 'FORWARDED_MOVED',
    to: { server, service: service.name },
    writes: [
      { table: provenTable(segment.flow), name: nameOfFlow(segment.flow), value: after },
      ...(binds ? bindClient(service, segment, after) : []),
    ],
    counts: [
      ...(changed && isActive(before) ? [activity(before, -1)] : []),
      ...(changed && isActive(after) ? [activity(after, 1)] : []),
      ...(begins ? [{ what: 'opened' as const, server: server.id, service: service.name }] : []),
    ],
  };
}

function outcomeWhereItIs({ state }: Connection, begins: boolean): Result['outcome'] {
  if (state !== 'unproven') return 'FORWARDED_ESTABLISHED';
  return begins ? 'FORWARDED_NEW' : 'FORWARDED_REPEATED';
}

/** A new or a half-open connection. A half-open one becomes established by its second packet, if the limit allows. */
function beginConnection({ segment, service: byPort, nowNs }: BalancedPacket, known: Knowledge): Result {
  const { halfOpen, service } = findHalfOpen(segment.flow, known, nowNs) ?? { service: byPort };
  const own = halfOpen && serverToKeep(segment, service, findBoundServer(known.configured, halfOpen));
  const { server, held }: SelectedServer = own ? { server: own } : selectOrHold(service, segment.flow, known, nowNs);
  if (held) return heldResult(held);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const proven = halfOpen !== undefined && proves(segment);
  const entered = proven ? entry(segment.flow, known, nowNs) : undefined;
  const state = entered ? provenState(segment) : 'unproven';
  const connection: Connection = { ...bindingTo(server, nowNs), service: service.name, state };
  const name = nameOfFlow(segment.flow);
  const at = { server: server.id, service: service.name };
  const table = provenTable(segment.flow);
  return {
    outcome: outcomeOf(halfOpen, own, proven, entered !== undefined),
    to: { server, service: service.name },
    writes: entered
      ? [
          entered,
          { table, name, value: connection },
          { table: 'halfOpen', name, value: undefined },
          ...bindClient(service, segment, connection),
        ]
      : [{ table: 'halfOpen', name, value: connection }],
    counts: [
      ...(proven ? [{ what: entered ? ('entered' as const) : ('limited' as const), table }] : []),
      ...(isActive(connection) ? [activity(connection, 1)] : []),
      ...(halfOpen ? [] : [{ what: 'opened' as const, ...at }]),
    ],
  };
}

/** A first packet again counts as new: a server that gets no new connections, because its check fails, does not get it either. */
function serverToKeep(segment: Segment, service: Service, server: Server | undefined): Server | undefined {
  return server && (proves(segment) || service.isEligible(server.id)) ? server : undefined;
}

function outcomeOf(
  halfOpen: Connection | undefined,
  own: Server | undefined,
  proven: boolean,
  entered: boolean,
): Result['outcome'] {
  if (!halfOpen) return 'FORWARDED_NEW';
  if (!own) return 'FORWARDED_MOVED';
  if (!proven) return 'FORWARDED_REPEATED';
  return entered ? 'FORWARDED_ESTABLISHED' : 'FORWARDED_NOT_ENTERED';
}

export const bindingTo = (server: Server, seenNs: bigint): Binding => ({
  seenNs,
  server: server.id,
  serverAddress: server.address,
});

/** A proven connection binds its client to its server. */
function bindClient(service: Service, { flow }: Segment, connection: Connection): Result['writes'] {
  if (!service.persistence) return [];
  const { seenNs, server, serverAddress } = connection;
  return [{ table: 'affinities', name: nameOfClient(service, flow), value: { seenNs, server, serverAddress } }];
}

function activity({ server, service }: Connection, by: 1 | -1): Result['counts'][number] {
  return { what: 'active', by, server, service };
}
