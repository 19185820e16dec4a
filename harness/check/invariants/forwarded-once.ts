import type { FrameSeen, HistoryEvent } from '../../history/event.ts';
import { checker } from '../claim.ts';
import { unlessBlind } from '../coverage.ts';
import type { Meant } from '../forwarding.ts';
import { arpsOf, eventsOf, framesOf, type PacketSeen, type Port, packetsOf, portText } from '../seen.ts';
import { NS_PER_MS } from '../span.ts';
import { fail, pass, unknown, type Verdict } from '../verdict.ts';
import { type Invariant, lansOf, nodesOf, type Place, placesOf, type Setting } from './invariant.ts';

/**
 * FWD-1, FWD-2: whatever a load balancer sends to a cluster address was handed to it before, with the same bytes from the IP
 * header on; it sends it once, by its server leg, to a server. What it sends from an address of its own is its own
 * traffic: it may look at servers by their cluster address. Two frames of the same bytes that came may both leave.
 */
const forwardedOnce = checker(function forwardedOnce(setting: Setting) {
  const legs = placesOf(setting, 'nlb');
  const own = [setting.nlbs, ...legs.map(({ address }) => address)];
  const isForwarded: Meant = ({ packet }) =>
    setting.cluster.includes(packet.destination) && !own.includes(packet.source);
  return (during, all = during): Verdict => {
    const judged = new Set(during);
    const seen = framesByPort(all);
    const servers = new Set(placesOf(setting, 'server').flatMap((place) => [...hardwareOf(seen, place)]));
    const sent = sentBy(legs, seen, isForwarded).filter(({ event }) => judged.has(event));
    const astray = sent.find(({ event, ethernet }) => event.leg !== 'server' || !servers.has(ethernet.destination));
    if (astray) {
      const to = astray.ethernet.destination;
      return fail(`${portText(astray.event)} sent a packet for the cluster to ${to}: not to a server`, [astray.event]);
    }
    const unexpected = nodesOf(legs)
      .flatMap((node) =>
        unpaired(
          seen,
          legs.filter((leg) => leg.node === node),
          isForwarded,
        ),
      )
      .find(({ seen }) => judged.has(seen.event));
    const verdict = unexpected
      ? fail(`${portText(unexpected.seen.event)} sent a packet ${unexpected.how}`, [unexpected.seen.event])
      : pass(`${sent.length} packets were forwarded, each once and unchanged`, eventsOf(sent.slice(0, 2)));
    if (sent.length === 0) return unknown('no packet was forwarded');
    return unlessBlind(during, all, [{ what: 'frames', where: lansOf(legs) }], verdict);
  };
});

/** The frames at a place: a history is gone through once, and then only what is there of each port. */
type Seen = (at: Port) => readonly FrameSeen[];

function framesByPort(all: readonly HistoryEvent[]): Seen {
  const keyOf = ({ lan, node, leg }: Port): string => `${lan} ${node} ${leg}`;
  const frames = Map.groupBy(framesOf(all, {}), keyOf);
  return (at) => frames.get(keyOf(at)) ?? [];
}

const sentBy = (legs: readonly Place[], seen: Seen, meant: Meant): PacketSeen[] =>
  legs.flatMap((leg) => packetsOf(seen(leg), { direction: 'sent' })).filter(meant);

/**
 * The kernel's stamps are moved onto the history's clock by what the two clocks differed when frames were taken out of a ring:
 * that is read anew each time, and whoever reads it may be held up between the two.
 */
const CLOCKS_DIFFER_NS = NS_PER_MS / 2;

/** Frames that came go before those that left in the same instant, as far as clocks can tell. */
const placeOf = ({ event: { atNs, direction } }: PacketSeen): number =>
  direction === 'received' ? atNs - CLOCKS_DIFFER_NS : atNs;

/** What a node sent without having been handed it, in the order of time: each packet that came may leave once. */
function unpaired(seenAt: Seen, legs: readonly Place[], meant: Meant) {
  const came = legs.flatMap((leg) => arriving(seenAt, leg)).filter(meant);
  const inOrder = [...came, ...sentBy(legs, seenAt, meant)].toSorted((one, other) => placeOf(one) - placeOf(other));
  const handed = new Map<string, number>();
  return inOrder.flatMap((seen) => {
    const key = Buffer.from(seen.packet.bytes).toString('latin1');
    const open = handed.get(key);
    const came = seen.event.direction === 'received';
    handed.set(key, Math.max(0, (open ?? 0) + (came ? 1 : -1)));
    if (came || (open ?? 0) > 0) return [];
    return [{ seen, how: open === undefined ? 'that it was not handed' : 'more often than it was handed it' }];
  });
}

/** Packets that were addressed to the leg. */
function arriving(seen: Seen, leg: Place): PacketSeen[] {
  const macs = hardwareOf(seen, leg);
  const received = packetsOf(seen(leg), { direction: 'received' });
  return received.filter(({ ethernet }) => macs.has(ethernet.destination));
}

/** The hardware addresses of a leg: the plan's, and those from which it has said so itself, in ARP packets of its own. */
function hardwareOf(seen: Seen, leg: Place): Set<string> {
  const said = arpsOf(seen(leg), { direction: 'sent' }).filter(
    ({ ethernet, arp }) => ethernet.source === arp.senderMac && arp.senderIp === leg.address,
  );
  return new Set([leg.mac, ...said.map(({ arp }) => arp.senderMac)]);
}

export const forwardedOnceOnly: Invariant = {
  name: 'forwarded once',
  title: 'no frame to the cluster is invented, duplicated, changed, or sent elsewhere than to a server',
  proves: ['FWD-1 throughout', 'FWD-2 throughout', 'FWD-4 throughout'],
  claim: forwardedOnce,
};
