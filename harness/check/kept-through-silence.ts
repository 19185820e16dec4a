import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { isFor, leaving } from './forwarding.ts';
import type { ForwardedTo, Ways } from './new-flows.ts';
import { eventsOf, type PacketSeen } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Silence {
  before: PacketSeen;
  next: PacketSeen;
}

function flowOf({ packet }: PacketSeen): string {
  const { source, destination, transport } = packet;
  const ports =
    transport?.kind === 'tcp' || transport?.kind === 'udp'
      ? `${transport.sourcePort} ${transport.destinationPort}`
      : '';
  return `${packet.protocol} ${source} ${destination} ${ports}`;
}

const lengthNs = ({ before, next }: Silence): number => next.event.atNs - before.event.atNs;

/** The longest time between two packets of a flow that came one after the other. */
function longestSilence(packets: readonly PacketSeen[]): Silence | undefined {
  let longest: Silence | undefined;
  for (const [index, next] of packets.entries()) {
    const before = packets[index - 1];
    if (before && (!longest || lengthNs({ before, next }) > lengthNs(longest))) longest = { before, next };
  }
  return longest;
}

/**
 * FWD-5: flows that were silent for longer than `silentMs` and, where something else may become of a longer silence, for less than
 * `untilMs`, were sent to the server of before when they spoke again. At least so many; and so many of them at the server that is
 * named, which is where they would not be sent by any other rule. By frames, so that it holds for flows that nobody answers.
 * @notices one flow that moved
 */
export const keptThroughSilence = checker(function keptThroughSilence(
  options: ForwardedTo & { silentMs: number; untilMs?: number; atLeast: number; atServer: number },
) {
  const { server, mac, paths, silentMs, untilMs = Number.POSITIVE_INFINITY, atLeast, atServer } = options;
  return (during, all = during) => {
    const silences = silencesIn(during, options).filter(
      (silence) => lengthNs(silence) > silentMs * NS_PER_MS && lengthNs(silence) < untilMs * NS_PER_MS,
    );
    const moved = silences.find(({ before, next }) => before.ethernet.destination !== next.ethernet.destination);
    if (moved) {
      const because = `${flowOf(moved.next)} was sent elsewhere after a silence of ${toMs(lengthNs(moved))}`;
      return fail(because, eventsOf([moved.before, moved.next]));
    }
    const own = silences.filter(({ next }) => next.ethernet.destination === mac);
    const because = `${silences.length} flows kept their server through more than ${silentMs} ms, ${own.length} of them ${server}`;
    if (silences.length < atLeast || own.length < atServer)
      return unknown(`${because}; ${atLeast}, and ${atServer} there, were wanted`);
    const kept = pass(because, eventsOf(own.slice(0, 2).flatMap(({ before, next }) => [before, next])));
    const where = paths.flatMap(({ access, server: out }) => [access.lan, out.lan]);
    return unlessBlind(during, all, [{ what: 'frames', where }], kept);
  };
});

/** The longest silence of each flow. */
function silencesIn(events: readonly HistoryEvent[], { paths, services }: Ways): Silence[] {
  const sent = paths.flatMap((path) => leaving(events, path, isFor(services)));
  const inOrder = sent.toSorted((one, other) => one.event.atNs - other.event.atNs);
  return [...Map.groupBy(inOrder, flowOf).values()].flatMap((packets) => longestSilence(packets) ?? []);
}
