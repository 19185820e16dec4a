import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { arriving, isFor, leaving, type Path, type Service } from './forwarding.ts';
import { lossFoundText } from './power.ts';
import { eventsOf, type PacketSeen } from './seen.ts';
import { type ActFilter, actText, findAct } from './span.ts';
import { dueNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Every way by which packets of these services are forwarded. */
export interface Ways {
  paths: Path[];
  services: Service[];
}

/** To a server at its hardware address. */
export interface ForwardedTo extends Ways {
  server: string;
  mac: string;
}

/**
 * What names a flow by its first packet: a TCP connection by the addresses, the ports and the sequence number of its SYN (ports
 * come again, RFC 9293 section 3.4.1), a UDP flow by addresses and ports. Undefined for what begins no flow.
 */
function flowBegunBy(seen: PacketSeen): string | undefined {
  const { transport } = seen.packet;
  const ends = endsOf(seen);
  if (transport?.kind !== 'tcp') return ends;
  const isFirst = transport.flags.includes('syn') && !transport.flags.includes('ack');
  return isFirst ? `${ends} ${transport.sequence}` : undefined;
}

/** Protocol, addresses and ports. */
function endsOf({ packet }: PacketSeen): string | undefined {
  const { source, destination, transport } = packet;
  if (transport?.kind !== 'tcp' && transport?.kind !== 'udp') return undefined;
  return `${transport.kind} ${source}:${transport.sourcePort} > ${destination}:${transport.destinationPort}`;
}

/** The first packet of each flow of clients, as a load balancer was handed it. */
const flowsHanded = (events: readonly HistoryEvent[], { paths, services }: Ways): Map<string, PacketSeen> =>
  firstOfEach(paths.flatMap((path) => arriving(events, path, isFor(services))));

/** The first packet of each flow, as a load balancer sent it on. */
export const firstsSentOn = (events: readonly HistoryEvent[], { paths, services }: Ways): Map<string, PacketSeen> =>
  firstOfEach(paths.flatMap((path) => leaving(events, path, isFor(services))));

function firstOfEach(packets: readonly PacketSeen[]): Map<string, PacketSeen> {
  const firsts = new Map<string, PacketSeen>();
  for (const seen of packets) {
    const flow = flowBegunBy(seen);
    const known = flow === undefined ? undefined : firsts.get(flow);
    if (flow !== undefined && (known === undefined || seen.event.atNs < known.event.atNs)) firsts.set(flow, seen);
  }
  return firsts;
}

/** Beginnings of flows that were sent to the server, which need not have taken them. */
function sentTo(events: readonly HistoryEvent[], { mac, paths, services }: ForwardedTo): PacketSeen[] {
  return paths
    .flatMap((path) => leaving(events, path, isFor(services)))
    .filter((seen) => seen.ethernet.destination === mac && flowBegunBy(seen) !== undefined);
}

/**
 * FWD-6: of the flows of which a load balancer was handed the first packet more than `detectedMs` after the beginning of an
 * act, at least so many, none was sent to the server, to which flows had been sent before. A server that is dead answers
 * nothing, so what is sent to it is judged, and not what it says.
 * @notices one in so many as the verdict says, with 99.9 % probability; see below
 */
export const noNewFlowTo = checker(function noNewFlowTo(
  options: ForwardedTo & { after: ActFilter; detectedMs: number; atLeast: number },
) {
  const { server, paths, after, detectedMs, atLeast } = options;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const fromNs = dueNs(all, act.atNs, detectedMs);
    const firsts = flowsHanded(all, options);
    const had = sentTo(all, options);
    // A connection with the ports of an earlier one to that server goes on there, whatever has ended (FWD-5).
    const goesOn = (seen: PacketSeen) =>
      had.some((earlier) => earlier.event.atNs < act.atNs && endsOf(earlier) === endsOf(seen));
    const isLater = (seen: PacketSeen) =>
      (firsts.get(flowBegunBy(seen) ?? '')?.event.atNs ?? 0) >= fromNs && !goesOn(seen);
    const hit = sentTo(during, options).find(isLater);
    if (hit) return fail(`a flow that began later was sent to ${server}: ${flowBegunBy(hit)}`, [act, hit.event]);
    const [before] = had.filter(({ event }) => event.atNs < act.atNs);
    if (!before) return unknown(`no flow was sent to ${server} before, so that it may never have been chosen`);
    const begun = [...flowsHanded(during, options).values()].filter(isLater);
    if (begun.length < atLeast) return unknown(`${begun.length} flows began later; ${atLeast} were wanted`);
    const because = `none of ${begun.length} later flows was sent to ${server}; ${lossFoundText(begun.length)}`;
    const none = pass(because, [act, ...eventsOf([before])]);
    const where = paths.flatMap(({ access, server }) => [access.lan, server.lan]);
    return unlessBlind(during, all, [{ what: 'frames', where }], none);
  };
});
