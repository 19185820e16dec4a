import type { PacketKind } from '../first-packet.ts';
import type { FlowName, ServerName } from '../records.ts';

/** Clients and servers: which connections there are, and which server has each. No load balancer knows this. */

export interface Packet {
  flow: FlowName;
  kind: PacketKind;
  /** Which connection of these ports it is of. */
  connection: number;
  isLast: boolean;
}

export interface Connection {
  number: number;
  server: ServerName;
  /** When its server last had a packet of it, and when its client sent the first. */
  seenMs: number;
  begunMs: number;
  /** Its client has had no answer yet, for all that it says. */
  isOpening: boolean;
}

export interface Truth {
  /** Connections that a server has, by flow. */
  readonly live: Map<FlowName, Connection>;
  readonly dead: Set<ServerName>;
  /** What the client sends next: the first packet of a connection, as often as it likes until a server has it; then others. */
  next(flow: FlowName, isLast: boolean): Packet;
  /** What it says once more, because its first packet was not answered, or the answer was lost. */
  again(flow: FlowName, nowMs: number): Packet | undefined;
  /** A packet has come to a server. Throws where its connection is another server's. */
  arrives(packet: Packet, server: ServerName, nowMs: number): void;
  /** The connection is over. */
  end(flow: FlowName): void;
  die(server: ServerName): void;
  /** Connections that have been silent for longer than any time-out are over. */
  forget(beforeMs: number): void;
}

export class LawBroken extends Error {}

export const FLOWS: readonly FlowName[] = ['tcp:0', 'tcp:1', 'tcp:2', 'tcp:3', 'udp:4', 'udp:5'];
export const SERVERS: readonly ServerName[] = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
export const isUdp = (flow: FlowName): boolean => flow.startsWith('udp');

/** A first packet comes again so much later at the latest. */
const AGAIN_MS = 40;

export function openTruth(): Truth {
  const live = new Map<FlowName, Connection>();
  const dead = new Set<ServerName>();
  const numbers = new Map<FlowName, number>();
  const numberOf = (flow: FlowName) => numbers.get(flow) ?? 0;
  /** Flows whose clients have sent anything. */
  const begun = new Set<FlowName>();
  /** What is still under way of it is of no connection from now on. */
  const end = (flow: FlowName): void => {
    live.delete(flow);
    numbers.set(flow, numberOf(flow) + 1);
  };
  const packet = (flow: FlowName, kind: PacketKind, isLast = false): Packet => ({
    flow,
    kind,
    isLast,
    connection: numberOf(flow),
  });
  return {
    live,
    dead,
    next: (flow, isLast) => {
      begun.add(flow);
      if (isUdp(flow)) return packet(flow, 'udp');
      return live.has(flow) ? packet(flow, 'tcp', isLast) : packet(flow, 'syn');
    },
    again: (flow, nowMs) => {
      const known = live.get(flow);
      const gotAnswer = known && (!known.isOpening || nowMs - known.begunMs > AGAIN_MS);
      return gotAnswer || !begun.has(flow) ? undefined : packet(flow, isUdp(flow) ? 'udp' : 'syn');
    },
    arrives: ({ flow, kind, connection, isLast }, server, nowMs) => {
      if (connection !== numberOf(flow) || dead.has(server)) return;
      const known = live.get(flow);
      if (known && known.server !== server) throw new LawBroken(`${flow}: at ${server}, but ${known.server} has it`);
      if (!known && kind === 'tcp') return;
      if (isLast) end(flow);
      else {
        const isOpening = kind === 'syn' && (known?.isOpening ?? true);
        live.set(flow, { number: connection, server, seenMs: nowMs, begunMs: known?.begunMs ?? nowMs, isOpening });
      }
    },
    end,
    die: (server) => {
      dead.add(server);
      for (const [flow, connection] of live) if (connection.server === server) end(flow);
    },
    forget: (beforeMs) => {
      for (const [flow, { seenMs }] of live) if (seenMs < beforeMs) end(flow);
    },
  };
}
