import type { HistoryEvent } from '../history/event.ts';
import { type Claim, checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { fitting, type PacketPattern } from './packet-pattern.ts';
import { lossFoundText } from './power.ts';
import { eventsOf, type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { spanOf } from './span.ts';
import { dueNs, Losses } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** The way through a load balancer: packets come in addressed to `mac` at one port, and leave by the other. */
export interface Path {
  access: Port;
  /** Of the access leg. */
  mac: string;
  server: Port;
}

export interface Service {
  address: string;
  protocol: 'tcp' | 'udp';
  port: number;
}

const same = (packet: PacketSeen['packet'], { address, protocol, port }: Service): boolean => {
  const { destination, transport } = packet;
  return destination === address && transport?.kind === protocol && transport.destinationPort === port;
};

/** Which packets are meant, on either side of the load balancer. */
export type Meant = (seen: PacketSeen) => boolean;

/** Packets for one of the services. */
export const isFor =
  (services: readonly Service[]): Meant =>
  ({ packet }) =>
    services.some((service) => same(packet, service));

/** Packets that came in by the access leg, addressed to it. */
export function arriving(events: readonly HistoryEvent[], { access, mac }: Path, meant: Meant): PacketSeen[] {
  return packetsOf(events, { ...access, direction: 'received' }).filter(
    (seen) => seen.ethernet.destination === mac && meant(seen),
  );
}

/** Packets that left by the server leg. */
export function leaving(events: readonly HistoryEvent[], { server }: Path, meant: Meant): PacketSeen[] {
  return packetsOf(events, { ...server, direction: 'sent' }).filter(meant);
}

const contentKey = ({ packet }: PacketSeen): string => Buffer.from(packet.bytes).toString('latin1');

/** What names a packet though its bytes may have been changed on the way. */
function identity({ packet }: PacketSeen): string {
  const { transport } = packet;
  const ports =
    transport?.kind === 'tcp' || transport?.kind === 'udp'
      ? `${transport.sourcePort} ${transport.destinationPort}`
      : '';
  const place = transport?.kind === 'tcp' ? transport.sequence : packet.fragmentOffset;
  return `${packet.source} ${packet.destination} ${packet.protocol} ${ports} ${packet.identification} ${place}`;
}

/** Take away, of each kind by `key`, as many from both lists as both hold. @returns what is left of each, and the pairs */
function pairOff(incoming: readonly PacketSeen[], outgoing: readonly PacketSeen[], key: (seen: PacketSeen) => string) {
  const waiting = Map.groupBy(incoming, key);
  const pairs: [PacketSeen, PacketSeen][] = [];
  const unmatched: PacketSeen[] = [];
  for (const sent of outgoing) {
    const match = waiting.get(key(sent))?.shift();
    if (match) pairs.push([match, sent]);
    else unmatched.push(sent);
  }
  return { pairs, unmatched, lost: [...waiting.values()].flat() };
}

/** What of it was forwarded: each packet as it came and as it left, with the same bytes from the IP header on. */
export function passage(events: readonly HistoryEvent[], path: Path, meant: Meant) {
  return pairOff(arriving(events, path, meant), leaving(events, path, meant), contentKey);
}

interface Passage {
  path: Path;
  atLeast: number;
  withinMs: number;
}

/** FWD-1: each packet for a service is passed on unchanged; see `passesUnchanged`. */
export const onlyHardwareAddressesChanged = ({ services, ...rest }: Passage & { services: Service[] }): Claim =>
  passesUnchanged({ ...rest, meant: { services } });

/**
 * FWD-1, FWD-7, FWD-8: each packet that is meant and that the access leg was handed leaves by the server leg, with every byte
 * from the IP header on unchanged, and none leaves that did not come. Needs `atLeast` such pairs. Packets that came in the
 * last `withinMs` may be on their way still.
 * @notices one in so many as the verdict says, with 99.9 % probability; see below
 */
export const passesUnchanged = checker(function passesUnchanged(options: {
  path: Path;
  meant: PacketPattern;
  atLeast: number;
  withinMs: number;
}) {
  const { path, meant, atLeast, withinMs } = options;
  return (during, all = during) => {
    const { pairs, unmatched, lost } = passage(during, path, fitting(meant));
    const changed = pairOff(lost, unmatched, identity).pairs[0];
    if (changed)
      return fail(`${portText(path.server)} sent a packet with other bytes than it came with`, eventsOf(changed));
    const endNs = spanOf(during)?.untilNs ?? 0;
    const losses = new Losses(all);
    const overdue = lost.find(({ event }) => dueNs(losses, event.atNs, withinMs) <= endNs);
    const sights = [{ what: 'frames' as const, where: [path.access.lan, path.server.lan] }];
    const [invented] = unmatched;
    if (invented) {
      return unlessBlind(
        during,
        all,
        sights,
        fail(`${portText(path.server)} sent a packet that never came`, [invented.event]),
      );
    }
    if (overdue) {
      return unlessBlind(
        during,
        all,
        sights,
        fail(`${portText(path.access)} was handed a packet that never left`, [overdue.event]),
      );
    }
    if (pairs.length < atLeast) return unknown(`${pairs.length} packets were forwarded; ${atLeast} were wanted`);
    const because = `${pairs.length} packets left with the bytes that they came with; a loss, ${lossFoundText(pairs.length)}`;
    const unchanged = pass(because, eventsOf(pairs[0] ?? []));
    return unlessBlind(during, all, sights, unchanged);
  };
});

/** FWD-2: every packet for a service that leaves by the server leg goes to the hardware address of a server. */
export const destinationIsServer = checker(function destinationIsServer(options: {
  path: Path;
  services: Service[];
  serverMacs: Record<string, string>;
}) {
  const { path, services, serverMacs } = options;
  const known = new Map(Object.entries(serverMacs).map(([name, mac]) => [mac, name]));
  return (during, all = during) => {
    const sent = leaving(during, path, isFor(services));
    const astray = sent.find(({ ethernet }) => !known.has(ethernet.destination));
    if (astray)
      return fail(`a packet was sent to ${astray.ethernet.destination}, which is no server's`, [astray.event]);
    if (sent.length === 0) return unknown(`${portText(path.server)} sent no packet for these services`);
    const reached = new Set(sent.map(({ ethernet }) => known.get(ethernet.destination)));
    const because = `${sent.length} packets were sent to ${[...reached].sort().join(', ')}`;
    const sights = [{ what: 'frames' as const, where: [path.server.lan] }];
    return unlessBlind(during, all, sights, pass(because, eventsOf(sent.slice(0, 3))));
  };
});

/**
 * FWD-9: packets for a port that is not served reach the access leg, at least so many, and the node neither forwards them
 * nor answers for the cluster.
 */
export const droppedPort = checker(function droppedPort(options: { path: Path; unserved: Service; atLeast: number }) {
  const { path, unserved, atLeast } = options;
  return (during, all = during) => {
    const { node } = path.access;
    const sent = packetsOf(during, { node, direction: 'sent' });
    const forwarded = sent.find(({ packet }) => same(packet, unserved));
    if (forwarded) return fail(`${node} sent on a packet for port ${unserved.port}`, [forwarded.event]);
    const answered = sent.find(({ packet }) => speaksFor(packet, unserved));
    if (answered) return fail(`${node} answered a packet for port ${unserved.port} itself`, [answered.event]);
    const came = arriving(during, path, isFor([unserved]));
    const reached = `${came.length} packets for port ${unserved.port} reached ${portText(path.access)}`;
    if (came.length < atLeast) return unknown(`${reached}; ${atLeast} were wanted`);
    const sights = [{ what: 'frames' as const, where: [path.access.lan, path.server.lan] }];
    return unlessBlind(during, all, sights, pass(`${reached}, and went no further`, eventsOf(came.slice(0, 3))));
  };
});

/** A reset from the service, or an ICMP error about a packet for it. */
function speaksFor(packet: PacketSeen['packet'], { address, port }: Service): boolean {
  const { transport } = packet;
  if (transport?.kind === 'icmp') return transport.quoted?.destination === address;
  const ported = transport?.kind === 'tcp' || transport?.kind === 'udp';
  return ported && packet.source === address && transport.sourcePort === port;
}
