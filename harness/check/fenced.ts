import type { FrameSeen, HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { requestsReaching } from './arp.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import type { Path } from './forwarding.ts';
import { holdingsOf } from './holdings.ts';
import { EVENT_DELAY_NS } from './one-answerer.ts';
import { longestPause, type Pause, type Sender } from './pause.ts';
import { arpsOf, eventsOf, type Port, packetsOf, portText } from './seen.ts';
import { type Span, toMs } from './span.ts';
import { dueNs, ranNs } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

/** How a stalled node is told, and what must have been tried on it: so often before it woke, and so often afterwards. */
interface Stalled {
  address: string;
  beats: Sender;
  atLeast: number;
}

/** A stall, and what its successor announced while it lasted; undefined where there was none of both. */
function succession(during: readonly HistoryEvent[], { address, beats }: Stalled, successor: Port) {
  const pause = longestPause(during, beats);
  const since = pause && during.filter(({ atNs }) => atNs >= pause.last.atNs);
  const [announced] = since ? announcementsFrom(since, successor, address) : [];
  return pause && announced && { pause, announced };
}

const notSucceeded = ({ beats }: Stalled, successor: Port): Verdict =>
  unknown(`${portText(successor)} announced nothing while ${beats.node} was stalled`);

/** From an instant on until the node is given the address anew, which makes it lawful again, or until all is over. */
function fencedSpan(all: readonly HistoryEvent[], { address, beats }: Stalled, fromNs: number): Span {
  const again = holdingsOf(all, address).find(({ node, fromNs: heldNs }) => node === beats.node && heldNs > fromNs);
  return { fromNs, untilNs: again ? again.fromNs - EVENT_DELAY_NS : Number.POSITIVE_INFINITY };
}

/** A verdict on what was not done, once it was tried often enough, both while the node slept and after it woke. */
function refused(
  tried: readonly FrameSeen[],
  { next: woke }: Pause,
  { atLeast }: Stalled,
  words: { what: string; silent: string },
): Verdict {
  const asleep = tried.filter(({ atNs }) => atNs < woke.atNs).length;
  const counted = `${asleep} ${words.what} before it woke, ${tried.length - asleep} afterwards`;
  if (asleep < atLeast || tried.length - asleep < atLeast) return unknown(`${counted}; too few to tell`, [woke]);
  return pass(`${counted}: ${words.silent}`, [...tried.slice(0, 2), woke]);
}

/**
 * HA-10: from the first announcement of its successor on, a stalled node neither answers for the address nor claims it,
 * though it is asked.
 */
export const silentOnceSucceeded = checker(function silentOnceSucceeded(
  options: Stalled & { port: Port; successor: Port },
) {
  const { address, port, successor } = options;
  return unlessMissed({ what: 'addresses', where: [options.beats.node] }, (during, all = during) => {
    const found = succession(during, options, successor);
    if (!found) return notSucceeded(options, successor);
    const { pause, announced } = found;
    const { fromNs, untilNs } = fencedSpan(all, options, announced.event.atNs);
    const within = during.filter(({ atNs }) => atNs > fromNs && atNs < untilNs);
    const claim = arpsOf(within, { ...port, direction: 'sent' }).find(({ arp }) => arp.senderIp === address);
    if (claim) {
      const lateNs = claim.event.atNs - fromNs;
      const because = `${portText(port)} spoke for ${address} ${toMs(lateNs)} after its successor’s announcement`;
      return fail(because, [pause.last, announced.event, pause.next, claim.event]);
    }
    const asked = requestsReaching(within, port, address);
    const words = { what: `requests reached ${portText(port)}`, silent: 'it answered none' };
    const verdict = refused(eventsOf(asked), pause, options, words);
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], verdict);
  });
});

/**
 * HA-10: from the first announcement of its successor on, a stalled node forwards nothing, though it is handed packets, and
 * though it would have a while left in which it may: what it forwarded now, its successor would have to answer for.
 */
export const forwardsNoMore = checker(function forwardsNoMore(
  options: Stalled & { path: Path; clusterAddress: string; successor: Port },
) {
  const { path, clusterAddress, successor } = options;
  return unlessMissed({ what: 'addresses', where: [options.beats.node] }, (during, all = during) => {
    const found = succession(during, options, successor);
    if (!found) return notSucceeded(options, successor);
    const { pause, announced } = found;
    const { fromNs, untilNs } = fencedSpan(all, options, announced.event.atNs);
    const within = during.filter(({ atNs }) => atNs > fromNs && atNs < untilNs);
    const forCluster = (port: Port, direction: FrameSeen['direction']) =>
      packetsOf(within, { ...port, direction }).filter(({ packet }) => packet.destination === clusterAddress);
    const [forwarded] = forCluster(path.server, 'sent');
    if (forwarded) {
      const lateNs = forwarded.event.atNs - fromNs;
      const because = `${portText(path.server)} forwarded a packet ${toMs(lateNs)} after its successor’s announcement`;
      return fail(because, [pause.last, announced.event, pause.next, forwarded.event]);
    }
    const handed = forCluster(path.access, 'received').filter(({ ethernet }) => ethernet.destination === path.mac);
    const words = { what: `packets were handed to ${portText(path.access)}`, silent: 'it forwarded none' };
    const verdict = refused(eventsOf(handed), pause, options, words);
    return unlessBlind(during, all, [{ what: 'frames', where: [path.access.lan, path.server.lan] }], verdict);
  });
});

/**
 * HA-10: so long after its successor's announcement, no packet of a client goes by the stalled node any more, until it is
 * given the address anew; clients' packets, at least so many, go by the successor.
 */
export const clientsLeft = checker(function clientsLeft(
  options: Stalled & { clusterAddress: string; client: string; from: Port; to: Path; withinMs: number },
) {
  const { clusterAddress, client, from, to, withinMs, atLeast } = options;
  return unlessMissed({ what: 'addresses', where: [options.beats.node] }, (during, all = during) => {
    const announced = succession(during, options, to.access)?.announced;
    if (!announced) return notSucceeded(options, to.access);
    const { fromNs, untilNs } = fencedSpan(all, options, dueNs(all, announced.event.atNs, withinMs));
    const within = during.filter(({ atNs }) => atNs > fromNs && atNs < untilNs);
    const sentOn = (port: Port) =>
      packetsOf(within, { ...port, direction: 'sent' }).filter(
        ({ packet }) => packet.source === client && packet.destination === clusterAddress,
      );
    const [astray] = sentOn(from);
    if (astray) {
      const because = `${portText(from)} forwarded a client’s packet ${toMs(ranNs(all, announced.event.atNs, astray.event.atNs))} after its successor’s announcement`;
      return fail(because, [announced.event, astray.event]);
    }
    const rightly = sentOn(to.server);
    const because = `${rightly.length} packets of ${client} went by ${to.server.node}`;
    if (rightly.length < atLeast) return unknown(`${because}; ${atLeast} were wanted`);
    const moved = pass(`${because}, none by ${from.node}`, eventsOf(rightly.slice(0, 2)));
    return unlessBlind(during, all, [{ what: 'frames', where: [from.lan, to.server.lan] }], moved);
  });
});
