import { quadToBytes } from '../../kernel/inet.ts';
import type { Address, Mac } from '../specification/address.ts';
import type { Write } from '../specification/decision.ts';
import { flowNamed } from '../specification/flow.ts';
import { forward } from '../specification/forward.ts';
import {
  type Binding,
  type Configured,
  type Connection,
  type Knowledge,
  NO_PEER,
  type Service,
} from '../specification/knowledge.ts';
import { findService } from '../specification/lookup.ts';
import { TIMEOUTS } from '../specification/timeouts.ts';
import type { Slots } from '../tables/tables.ts';
import {
  FOREVER_NS,
  MARGIN_NS,
  mapped,
  type Specification,
  servers,
  services,
  withClocks,
  withConfigured,
  withDecision,
  withFlowTables,
  withFrame,
  withKnowledge,
  withMargin,
  withMayForward,
  withoutFlag,
} from './changed-specification.ts';
import { withFlags } from './packets.ts';

/** Support for the differential test: specifications with one defect each, all of which it must detect. */

const impersonal = ({ persistence: _, ...service }: Service): Service => service;
const renumbered = <Kind extends Binding>(binding: Kind, { servers }: Configured): Kind => ({
  ...binding,
  serverAddress: servers.get(binding.server)?.address ?? binding.serverAddress,
});

const goesBy = (flow: string, service: string, known: Configured): boolean =>
  findService(flowNamed(flow), { configured: known })?.name === service;

const longer = TIMEOUTS.map((name): [string, Specification] => [
  `${name} lasts longer`,
  withConfigured(({ timeouts }) => ({ timeouts: { ...timeouts, [name]: timeouts[name] + 1 } })),
]);

export const wrongSpecifications: Record<string, Specification> = {
  'forwards for ever': withKnowledge(({ lease }) => ({ lease: { ...lease, forwardUntilNs: FOREVER_NS } })),
  'answers for ever': withKnowledge(({ lease }) => ({ lease: { ...lease, answerUntilNs: FOREVER_NS } })),
  'is not fenced': withDecision(({ writes }) => ({ writes: writes.filter(({ table }) => table !== 'fenced') })),
  'is fenced by every request': withDecision(({ outcome, writes }) => ({
    writes: outcome === 'DROPPED_ARP_NO_LEASE' ? [...writes, { table: 'fenced' }] : writes,
  })),
  'is fenced while its successor counts on it': withKnowledge(({ lease }) => ({
    lease: { ...lease, answerUntilNs: lease.answerUntilNs || 1n },
  })),
  'its clock is late by a nanosecond': withClocks(({ nowNs }) => ({ nowNs: nowNs - 1n })),
  'its ticks are late by a nanosecond': withClocks(({ tickNs }) => ({ tickNs: tickNs - 1n })),
  'its clock of boots is late by a nanosecond': withClocks(({ bootNs }) => ({ bootNs: bootNs - 1n })),
  'answers by the clock that a suspension stops': withClocks(({ nowNs }) => ({ bootNs: nowNs })),
  'forwards by the clock that a suspension does not stop': withClocks(({ bootNs }) => ({ nowNs: bootNs })),
  'goes by the exact clock alone': withClocks(({ nowNs }) => ({ tickNs: nowNs })),
  'goes by ticks alone': withClocks(({ tickNs }) => ({ nowNs: tickNs })),
  'forwards by the exact clock alone': withMayForward(({ nowNs }, { forwardUntilNs }) => nowNs < forwardUntilNs),
  'forwards by ticks alone': withMayForward(({ tickNs }, { forwardUntilNs }) => tickNs < forwardUntilNs),
  'wants a nanosecond more of lease': withMayForward(withMargin(MARGIN_NS + 1n)),
  'is content with a nanosecond less': withMayForward(withMargin(MARGIN_NS - 1n)),
  'takes what is not to its hardware address': withFrame((frame, { ifindex }, known) => {
    const iface = known.configured.interfaces.find((candidate) => candidate.ifindex === ifindex);
    if (iface) frame.write(iface.mac.replaceAll(':', ''), 'hex');
  }),
  'forwards without the server’s hardware address': withDecision((_, { frame }) => ({ frame })),
  'knows no peer': withKnowledge(({ peer }) => ({ peer: { ...peer, mac: undefined } })),
  'believes ARP from the peer’s IP address alone': withFrame((frame, _, { peer }) => {
    if (peer.mac !== undefined && frame.readUInt16BE(12) === 0x0806) imitate(frame, peer.mac);
  }),
  'notes a takeover by unicast requests': withFrame((frame) => {
    if (frame.readUInt16BE(12) === 0x0806) frame.fill(0xff, 0, 6);
  }),
  'takes a probe for a request that names a target, and the other way round': withFrame((frame) => {
    if (frame.readUInt16BE(12) === 0x0806 && frame.length >= 42) frame.fill(0, 32, 38);
  }),
  'is fenced though its daemon is gone': withKnowledge(({ peer }) => ({ peer: { ...peer, daemonLives: true } })),
  'takes beats from anywhere': withFrame((frame, _, { configured: { heartbeat } }) => {
    const ip = frame.readUInt16BE(12) === 0x0800 && frame.length >= 34;
    if (ip && quadOf(frame, 30) === heartbeat.access.own) frame.set(quadToBytes(heartbeat.access.peer), 26);
  }),
  'knows no boot of the peer': withKnowledge(({ peer }) => ({ peer: { ...peer, boot: undefined } })),
  'counts no beats': withKnowledge(() => ({ peer: NO_PEER })),
  'counts unverified boots as the verified one': withDecision(({ writes }) => ({
    writes: writes.map((write) => (write.table === 'allowances' ? { ...write, index: write.index | 1 } : write)),
  })),
  'a window of beats is longer by a nanosecond': withKnowledge(({ peer }) => ({
    peer: {
      ...peer,
      allowances: peer.allowances.map(({ fromNs, passed }) => ({ fromNs: fromNs + 1n, passed })),
    },
  })),
  'takes a service of any port for that of port zero': services((service) =>
    service.port === 0 ? undefined : service,
  ),
  'remembers no connection': withFlowTables(() => ({ connections: new Map() })),
  'remembers no UDP flow': withFlowTables(() => ({ udpFlows: new Map() })),
  'lets everybody enter': withConfigured(() => ({
    limits: { tcpPerSecond: 1_000_000_000, udpPerSecond: 1_000_000_000 },
  })),
  'has one limit for all': withConfigured(({ limits: { tcpPerSecond } }) => ({
    limits: { tcpPerSecond, udpPerSecond: tcpPerSecond },
  })),
  'lets one enter a nanosecond early': withFlowTables(({ entering }) => ({
    entering: mapped(entering, (ns) => ns - 1n),
  })),
  'saves up more than a second of its limit': withFlowTables(({ entering }) => ({
    entering: mapped(entering, (ns) => ns - 1_000_000_000n),
  })),
  'places a connection anew that begins again': withKnowledge(({ flowTables: known }, { frame }) => ({
    flowTables: { ...known, connections: isSyn(frame) ? mapped(known.connections, unlessEnded) : known.connections },
  })),
  'takes every RST for the client’s': (arrival, known) => {
    const decision = forward(arrival, known);
    return { ...decision, writes: decision.writes.map((write) => stayReset(write, known)) };
  },
  'remembers no half-open connection': withFlowTables(() => ({ halfOpen: new Map() })),
  'remembers no client': withFlowTables(() => ({ affinities: new Map() })),
  'takes a server’s number for the server': withFlowTables(({ connections, udpFlows }, known) => ({
    connections: mapped(connections, (connection) => renumbered(connection, known)),
    udpFlows: mapped(udpFlows, (connection) => renumbered(connection, known)),
  })),
  'looks for the service of a half-open connection anew': withFlowTables(({ halfOpen, connections }, known) => ({
    halfOpen: new Map(
      [...halfOpen].filter(([name, { service }]) => connections.has(name) || goesBy(name, service, known)),
    ),
  })),
  'keeps half-open connections that have proved themselves': withDecision(({ writes }) => ({
    writes: writes.filter((write) => write.table !== 'halfOpen' || write.value !== undefined),
  })),
  'keeps connections that are over': withDecision(({ writes }) => ({
    writes: writes.filter((write) => write.table !== 'connections' || write.value !== undefined),
  })),
  'overlooks FIN': withoutFlag(0x01),
  'overlooks SYN': withoutFlag(0x02),
  'overlooks RST': withoutFlag(0x04),
  'overlooks ACK': withoutFlag(0x10),
  ...Object.fromEntries(longer),
  'takes what is gone for kept': servers((server) => ({ mac: `02:00:00:00:00:2${server.id}` as Mac, ...server })),
  'moves connections from servers that get nothing new': withFlowTables(({ connections }, known) => ({
    connections: mapped(connections, (connection) => elsewhere(connection, known)),
  })),
  'looks into the next slot where a server is gone': withConfigured(withNextSlots),
  'keeps clients on servers that get nothing new': services((service) => ({ ...service, isEligible: () => true })),
  'repeats a first packet to a server that gets nothing new': services((service) =>
    service.persistence ? service : { ...service, isEligible: () => true },
  ),
  'asks all services whether a server gets something new': withConfigured((known) => ({
    services: mapped(known.services, (service) => ({ ...service, isEligible: eligibleIn(known) })),
  })),
  'keeps no client': services(impersonal),
  'keeps each client by itself': services((service) =>
    service.persistence ? { ...service, persistence: { ...service.persistence, prefix: 32 } } : service,
  ),
  'keeps clients too long': services((service) =>
    service.persistence ? { ...service, persistence: { ...service.persistence, timeoutMs: 86_400_000 } } : service,
  ),
  'remembers no fragment': withFlowTables(() => ({ fragments: new Map() })),
  'remembers no fragment of what has not proved itself': withFlowTables(() => ({ unprovenFragments: new Map() })),
  'enters all datagrams among those that have proved themselves': withDecision(({ writes }) => ({
    writes: writes.map((write) => (write.table === 'unprovenFragments' ? { ...write, table: 'fragments' } : write)),
  })),
  'enters no datagram among those that have proved themselves': withDecision(({ writes }) => ({
    writes: writes.map((write) => (write.table === 'fragments' ? { ...write, table: 'unprovenFragments' } : write)),
  })),
  'leaves a datagram in one table and enters it in the other': withDecision(({ writes }) => ({
    writes: writes.filter(
      (write) => !write.table.toLowerCase().includes('fragments') || ('value' in write && write.value),
    ),
  })),
  'lets every beginning of a datagram decide': withFlowTables(({ unprovenFragments }) => ({
    unprovenFragments: mapped(unprovenFragments, (datagram) => ({ ...datagram, awaitsFirst: false })),
  })),
  'awaits a beginning for ever': withFlowTables(({ fragments }) => ({
    fragments: mapped(fragments, (datagram) => ({ ...datagram, awaitsFirst: true })),
  })),
  'sends what is too long': servers((server) => ({ ...server, mtu: 0xffff })),
  'sends what is an octet too long': servers((server) => ({ ...server, mtu: server.mtu + 1 })),
  'sends nothing as long as it may be': servers((server) => ({ ...server, mtu: server.mtu - 1 })),
  'passes what is under many tags': withDecision(({ outcome }, { frame }) =>
    outcome === 'DROPPED_TAGGED' && frame.readUInt16BE(20) === 0x8100 ? { outcome: 'PASSED_NOT_OURS' } : {},
  ),
  'drops what is under many tags, to whomever': withDecision(({ outcome }, { frame }) =>
    outcome === 'PASSED_NOT_OURS' && frame.length > 22 && frame.readUInt16BE(20) === 0x8100
      ? { outcome: 'DROPPED_TAGGED' }
      : {},
  ),
  'knows no VLAN': withConfigured(({ interfaces }) => ({
    interfaces: interfaces.map(({ vlan: _, ...iface }) => iface),
  })),
  'counts nothing of its tables': withDecision(({ counts }) => ({ counts: counts.filter((each) => 'server' in each) })),
  'counts no packets': withDecision(({ counts }) => ({ counts: counts.filter(({ what }) => what !== 'packet') })),
  'counts no new connections': withDecision(({ counts }) => ({
    counts: counts.filter(({ what }) => what !== 'opened'),
  })),
  'counts no end of a connection': withDecision(({ counts }) => ({
    counts: counts.filter((counted) => counted.what !== 'active' || counted.by > 0),
  })),
};

/** Writes that hardware address as the sender's, in the frame and in the packet. */
function imitate(frame: Buffer, mac: string): void {
  for (const at of [6, 22]) if (frame.length >= at + 6) frame.write(mac.replaceAll(':', ''), at, 'hex');
}

const quadOf = (frame: Buffer, at: number): string => frame.subarray(at, at + 4).join('.');

const unlessEnded = (connection: Connection): Connection | undefined =>
  connection.state === 'finished' || connection.state === 'reset' ? undefined : connection;

/** Whether it is a TCP segment with SYN and without ACK. */
const isSyn = (frame: Buffer): boolean => {
  let syn = false;
  withFlags(frame, (flags) => {
    syn = (flags & 0x12) === 0x02;
    return flags;
  });
  return syn;
};

function stayReset(write: Write, { flowTables: known }: Knowledge): Write {
  if (write.table !== 'connections' || !write.value) return write;
  const isReset = known.connections.get(write.name)?.state === 'reset';
  return isReset && write.value.state === 'established'
    ? { ...write, value: { ...write.value, state: 'reset' } }
    : write;
}

/** Whether the server is eligible in any service. */
const eligibleIn =
  ({ services }: Configured) =>
  (server: number): boolean =>
    [...services.values()].some(({ isEligible: gives }) => gives(server));

/** The connection on another server, if its own is not eligible any more. */
function elsewhere(connection: Connection, { services }: Configured): Connection {
  const counts = services.get(connection.service)?.isEligible(connection.server) !== false;
  return counts ? connection : { ...connection, serverAddress: '0.0.0.0' as Address };
}

/** Slots whose server is gone get the server of the next slot. */
function withNextSlots({ servers, services }: Configured): Pick<Configured, 'services'> {
  const isGone = (id: number): boolean => servers.get(id)?.mac === undefined;
  const next = (slots: Slots): Slots =>
    Int32Array.from(slots, (id, slot) => (isGone(id) ? (slots[(slot + 1) % slots.length] ?? -1) : id));
  return { services: mapped(services, (service) => ({ ...service, slots: next(service.slots) })) };
}
