import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { isFor, type Path, passage, type Service } from './forwarding.ts';
import { fitting, fragmentsFor } from './packet-pattern.ts';
import { eventsOf, type PacketSeen } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/** A datagram of which fragments were forwarded: as they came, and as they left. */
interface Datagram {
  came: PacketSeen[];
  left: PacketSeen[];
  order: 'in order' | 'out of order';
  /** Where the packet before it of the same flow went, if there was one. */
  flowWentTo: string | undefined;
}

const nameOf = ({ packet: { source, destination, protocol, identification } }: PacketSeen): string =>
  `${protocol} ${source} > ${destination} #${identification}`;

function flowOf({ packet: { source, destination, transport } }: PacketSeen): string {
  return transport?.kind === 'udp'
    ? `${source}:${transport.sourcePort} > ${destination}:${transport.destinationPort}`
    : 'none';
}

function datagramsOf(events: readonly HistoryEvent[], path: Path, service: Service): Datagram[] {
  const isFragment = fitting(fragmentsFor(service.address));
  const whole = passage(events, path, (seen) => isFor([service])(seen) && !isFragment(seen)).pairs;
  const groups = Map.groupBy(passage(events, path, isFragment).pairs, ([came]) => nameOf(came));
  return [...groups.values()].map((pairs) => {
    const byArrival = pairs.toSorted(([one], [other]) => one.event.atNs - other.event.atNs);
    const came = byArrival.map(([each]) => each);
    const beginning = came.find(({ packet }) => packet.fragmentOffset === 0);
    const earlier = whole.findLast(
      ([each]) => beginning && flowOf(each) === flowOf(beginning) && each.event.atNs < (came[0]?.event.atNs ?? 0),
    );
    const ascend = came.every((each, i) => i === 0 || offsetOf(came[i - 1]) < offsetOf(each));
    return {
      came,
      left: byArrival.map(([, each]) => each),
      order: ascend ? 'in order' : 'out of order',
      flowWentTo: earlier?.[1].ethernet.destination,
    };
  });
}

const offsetOf = (seen: PacketSeen | undefined): number => seen?.packet.fragmentOffset ?? 0;

const addressesOf = ({ left }: Datagram): string[] => [
  ...new Set(left.map(({ ethernet: { destination } }) => destination)),
];

/** Whether all of it was forwarded: from the beginning, without a gap, to the end. */
function isWhole({ came }: Datagram): boolean {
  const pieces = came.map(({ packet }) => packet).toSorted((one, other) => one.fragmentOffset - other.fragmentOffset);
  let end = 0;
  for (const { fragmentOffset, payload } of pieces) {
    if (fragmentOffset !== end) return false;
    end += payload.length;
  }
  return pieces.at(-1)?.moreFragments === false;
}

/**
 * FWD-8: all fragments of a datagram that were forwarded went to one server, whatever their order; and where they came in order
 * and belong to a flow that was there before, to the server of the flow. Of each of the four (in order or not, of a flow
 * that is known or new) at least so many whole datagrams. What was not forwarded is for `passesUnchanged`.
 */
export const fragmentsStayTogether = checker(function fragmentsStayTogether(options: {
  path: Path;
  service: Service;
  serverMacs: Record<string, string>;
  atLeast: number;
}) {
  const { path, service, serverMacs, atLeast } = options;
  const known = Object.values(serverMacs);
  return (during, all = during) => {
    const datagrams = datagramsOf(during, path, service);
    const torn = datagrams.find((datagram) => addressesOf(datagram).length > 1);
    if (torn) return fail(`one datagram went to ${addressesOf(torn).join(' and ')}`, eventsOf(torn.left));
    const astray = datagrams.find((datagram) => addressesOf(datagram).some((mac) => !known.includes(mac)));
    if (astray) return fail(`a datagram went to ${addressesOf(astray)}, which is no server's`, eventsOf(astray.left));
    const apart = datagrams.find(
      (datagram) =>
        datagram.order === 'in order' &&
        datagram.flowWentTo !== undefined &&
        !addressesOf(datagram).includes(datagram.flowWentTo),
    );
    if (apart) {
      const because = `a datagram went to ${addressesOf(apart)}, the flow's packets before it to ${apart.flowWentTo}`;
      return fail(because, eventsOf(apart.left));
    }
    const counts = kindsOf(datagrams.filter(isWhole));
    const because = counts.map(({ words, count }) => `${words} (${count})`).join(', ');
    if (counts.some(({ count }) => count < atLeast)) return unknown(`${because}; ${atLeast} of each were wanted`);
    const evidence = eventsOf(datagrams.slice(0, 2).flatMap(({ left }) => left));
    const sights = [{ what: 'frames' as const, where: [path.access.lan, path.server.lan] }];
    return unlessBlind(during, all, sights, pass(`each to one server: ${because}`, evidence));
  };
});

function kindsOf(datagrams: readonly Datagram[]): { words: string; count: number }[] {
  return (['in order', 'out of order'] as const).flatMap((order) =>
    (['known', 'new'] as const).map((flow) => ({
      words: `${order}, of a flow that is ${flow}`,
      count: datagrams.filter((each) => each.order === order && (each.flowWentTo !== undefined) === (flow === 'known'))
        .length,
    })),
  );
}
