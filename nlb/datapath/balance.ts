import { beginsAgain, isActive, isExpired, nextState, provenState, proves } from './connection.ts';
import type { Result } from './decision.ts';
import { dropped } from './decision.ts';
import { nameOfFlow, type Segment } from './flow.ts';
import type { Bond, Connection, Knowledge, Server, Service } from './knowledge.ts';
import { boundServer, nameOfClient, place } from './placement.ts';

/** A segment or datagram that is to be forwarded, and what is known of its connection. */
export interface Balanced {
  segment: Segment;
  /** The one that the connection began with, else that of its port. */
  service: Service;
  /** What the table has, if anything: it may be over. */
  connection: Connection | undefined;
  nowNs: bigint;
}

/**
 * It counts as absent once its service is no longer there, its time is over, or the client begins another one in its place.
 * `again`: what to do with the packet then.
 */
export function balance(packet: Balanced, known: Knowledge, again: () => Service | undefined): Result {
  const { connection, service, segment, nowNs } = packet;
  if (!connection) return begin(packet, known);
  const over =
    connection.service !== service.name ||
    isExpired(connection, known.told.timeouts, nowNs) ||
    beginsAgain(connection, segment);
  if (!over) return carryOn(packet, connection, known);
  const ended: Result = {
    ...dropped('DROPPED_NOT_SERVED'),
    writes: [{ table: 'connections', name: nameOfFlow(segment.flow), value: undefined }],
    counts: isActive(connection) ? [activity(connection, -1)] : [],
  };
  const next = again();
  if (!next) return ended;
  const begun = begin({ ...packet, service: next }, known);
  return { ...begun, writes: [...ended.writes, ...begun.writes], counts: [...ended.counts, ...begun.counts] };
}

/** A connection keeps its server while that is usable, whatever the selection table says by now. */
function carryOn({ segment, service, nowNs }: Balanced, before: Connection, known: Knowledge): Result {
  const own = boundServer(known.told, before);
  const server = own ?? place(service, segment.flow, known, nowNs);
  if (!server) return dropped('DROPPED_NO_SERVER');
  const after = { ...before, ...bond(server, nowNs), state: nextState(before.state, segment) };
  const changed = !own || after.state !== before.state;
  return {
    outcome: own ? 'FORWARDED_ESTABLISHED' : 'FORWARDED_MOVED',
    to: server,
    writes: [
      { table: 'connections', name: nameOfFlow(segment.flow), value: after },
      ...(own ? [] : bindClient(service, segment, after)),
    ],
    counts: [
      ...(changed && isActive(before) ? [activity(before, -1)] : []),
      ...(changed && isActive(after) ? [activity(after, 1)] : []),
      { what: 'packet', server: server.id, service: service.name },
    ],
  };
}

/** A connection that is new, or has yet to prove itself: its second packet makes it an established one. */
function begin({ segment, service, nowNs }: Balanced, known: Knowledge): Result {
  const embryo = findEmbryo(segment, service, known, nowNs);
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
    to: server,
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
      { what: 'packet', ...at },
    ],
  };
}

function outcomeOf(embryo: Connection | undefined, own: Server | undefined, proven: boolean): Result['outcome'] {
  if (!embryo) return 'FORWARDED_NEW';
  if (!own) return 'FORWARDED_MOVED';
  return proven ? 'FORWARDED_ESTABLISHED' : 'FORWARDED_REPEATED';
}

function findEmbryo({ flow }: Segment, service: Service, { told, kept }: Knowledge, nowNs: bigint) {
  const embryo = kept.embryos.get(nameOfFlow(flow));
  return embryo?.service === service.name && !isExpired(embryo, told.timeouts, nowNs) ? embryo : undefined;
}

const bond = (server: Server, seenNs: bigint): Bond => ({ seenNs, server: server.id, serverAddress: server.address });

/** A connection that has proved itself binds its client. */
function bindClient(service: Service, { flow }: Segment, connection: Connection): Result['writes'] {
  if (!service.persistence) return [];
  const { seenNs, server, serverAddress } = connection;
  return [{ table: 'affinities', name: nameOfClient(service, flow), value: { seenNs, server, serverAddress } }];
}

function activity({ server, service }: Connection, by: 1 | -1): Result['counts'][number] {
  return { what: 'active', by, server, service };
}
