import { beginsAgain, isActive, nextState, provenState, proves } from './connection.ts';
import { dropped, type Result } from './decision.ts';
import { nameOfFlow, type Segment } from './flow.ts';
import type { Bond, Connection, Knowledge, Server, Service } from './knowledge.ts';
import { findConnection, findService } from './lookup.ts';
import { boundServer, nameOfClient, place } from './placement.ts';

/** A segment or datagram that is to be forwarded. */
export interface Balanced {
  segment: Segment;
  service: Service;
  nowNs: bigint;
}

/**
 * What becomes of it. Its connection counts as absent once the service is another, its time is over, or the client begins
 * a new one in its place.
 */
export function balance(packet: Balanced, known: Knowledge): Result {
  const { service, segment, nowNs } = packet;
  const name = nameOfFlow(segment.flow);
  const connection = findConnection('connections', segment.flow, service, known, nowNs);
  if (connection && !beginsAgain(connection, segment)) return carryOn(packet, connection, known);
  const over = known.kept.connections.get(name);
  if (!over) return begin(packet, known);
  const next = findService(segment.flow, known);
  const begun = next ? begin({ ...packet, service: next }, known) : dropped('DROPPED_NOT_SERVED');
  return {
    ...begun,
    writes: [{ table: 'connections', name, value: undefined }, ...begun.writes],
    counts: [...(isActive(over) ? [activity(over, -1)] : []), ...begun.counts],
  };
}

/** A connection keeps its server until that is gone, whatever the selection says by now. */
function carryOn({ segment, service, nowNs }: Balanced, before: Connection, known: Knowledge): Result {
  const own = boundServer(known.told, before);
  const server = own ?? place(service, segment.flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const after = { ...before, ...bond(server, nowNs), state: nextState(before.state, segment) };
  const changed = !own || after.state !== before.state;
  return {
    outcome: own ? 'FORWARDED_ESTABLISHED' : 'FORWARDED_MOVED',
    to: { server, service: service.name },
    writes: [
      { table: 'connections', name: nameOfFlow(segment.flow), value: after },
      ...(own ? [] : bindClient(service, segment, after)),
    ],
    counts: [
      ...(changed && isActive(before) ? [activity(before, -1)] : []),
      ...(changed && isActive(after) ? [activity(after, 1)] : []),
    ],
  };
}

/** A connection that is new, or has yet to prove itself: its second packet makes it an established one. */
function begin({ segment, service, nowNs }: Balanced, known: Knowledge): Result {
  const embryo = findConnection('embryos', segment.flow, service, known, nowNs);
  const own = embryo && boundServer(known.told, embryo);
  const server = own ?? place(service, segment.flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const proven = embryo !== undefined && proves(segment);
  const state = proven ? provenState(segment) : 'unproven';
  const connection: Connection = { ...bond(server, nowNs), service: service.name, state };
  const name = nameOfFlow(segment.flow);
  const at = { server: server.id, service: service.name };
  return {
    outcome: outcomeOf(embryo, own, proven),
    to: { server, service: service.name },
    writes: proven
      ? [
          { table: 'connections', name, value: connection },
          { table: 'embryos', name, value: undefined },
          ...bindClient(service, segment, connection),
        ]
      : [{ table: 'embryos', name, value: connection }],
    counts: [
      ...(isActive(connection) ? [activity(connection, 1)] : []),
      ...(embryo ? [] : [{ what: 'opened' as const, ...at }]),
    ],
  };
}

function outcomeOf(embryo: Connection | undefined, own: Server | undefined, proven: boolean): Result['outcome'] {
  if (!embryo) return 'FORWARDED_NEW';
  if (!own) return 'FORWARDED_MOVED';
  return proven ? 'FORWARDED_ESTABLISHED' : 'FORWARDED_REPEATED';
}

export const bond = (server: Server, seenNs: bigint): Bond => ({
  seenNs,
  server: server.id,
  serverAddress: server.address,
});

/** A connection that has proved itself binds its client. */
function bindClient(service: Service, { flow }: Segment, connection: Connection): Result['writes'] {
  if (!service.persistence) return [];
  const { seenNs, server, serverAddress } = connection;
  return [{ table: 'affinities', name: nameOfClient(service, flow), value: { seenNs, server, serverAddress } }];
}

function activity({ server, service }: Connection, by: 1 | -1): Result['counts'][number] {
  return { what: 'active', by, server, service };
}
