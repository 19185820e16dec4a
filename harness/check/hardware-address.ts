import type { Acted, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import type { Path } from './forwarding.ts';
import { type ArpSeen, arpsOf, eventsOf, type PacketSeen, type Port, packetsOf, portText } from './seen.ts';
import { type ActFilter, actText, findAct, spanOf, toMs } from './span.ts';
import { dueNs, isWithin, Losses } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Change {
  path: Path;
  clusterAddress: string;
  /** The server's own address, and its hardware addresses before and after the act. */
  address: string;
  before: string;
  now: string;
  after: ActFilter;
  /** From the first ARP packet that names the new one. */
  withinMs: number;
  atLeast: number;
}

/** What was sent to a hardware address of the cluster's packets. */
function forwardedTo(events: readonly HistoryEvent[], { path, clusterAddress }: Change, mac: string): PacketSeen[] {
  return packetsOf(events, { ...path.server, direction: 'sent' }).filter(
    ({ ethernet, packet }) => ethernet.destination === mac && packet.destination === clusterAddress,
  );
}

/** The first packet after the act that names the server's new hardware address to the load balancer, as any ARP packet does (RFC 826). */
function firstNaming(events: readonly HistoryEvent[], change: Change, act: Acted): ArpSeen | undefined {
  return arpsOf(events, { ...change.path.server, direction: 'received' }).find(
    ({ event, arp }) => event.atNs >= act.atNs && arp.senderIp === change.address && arp.senderMac === change.now,
  );
}

/**
 * ARP-15: so soon after a server has first named its new hardware address, the cluster's packets go there, and none to the one
 * of before; at least so many went to each.
 * @notices one packet too late
 */
export const followsHardwareAddress = checker(function followsHardwareAddress(change: Change) {
  const { path, before, now, after, withinMs, atLeast, address } = change;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const named = firstNaming(during, change, act);
    if (!named) return unknown(`${address} did not name its new hardware address`, [act]);
    const untilNs = dueNs(all, named.event.atNs, withinMs);
    const old = forwardedTo(during, change, before);
    const fresh = forwardedTo(during, change, now);
    const [first] = fresh;
    const late = old.find(({ event }) => event.atNs > untilNs);
    const sights = [{ what: 'frames' as const, where: [path.server.lan] }];
    if (late) {
      const because = `${portText(path.server)} still sent to ${before} ${toMs(late.event.atNs - named.event.atNs)} after ${now} was named`;
      return fail(because, [act, named.event, late.event]);
    }
    if ((spanOf(during)?.untilNs ?? 0) < untilNs) return unknown(`the test ended within ${withinMs} ms`, [act]);
    if (!first || first.event.atNs > untilNs) {
      const none = fail(`${portText(path.server)} sent nothing to ${now} within ${withinMs} ms`, [act, named.event]);
      return unlessBlind(during, all, sights, none);
    }
    const earlier = old.filter(({ event }) => event.atNs < act.atNs).length;
    const because =
      `${earlier} packets were sent to ${before}, and then ${fresh.length} to ${now}, the first ` +
      `${toMs(first.event.atNs - named.event.atNs)} after it was named and ${toMs(first.event.atNs - act.atNs)} after the change`;
    if (earlier < atLeast || fresh.length < atLeast) return unknown(`${because}; ${atLeast} each were wanted`);
    const evidence = [act, named.event, ...eventsOf([first])];
    return unlessBlind(during, all, sights, pass(because, evidence));
  };
});

/**
 * ALIAS-11: after the act, and what it may take, the cluster's packets leave the port from that hardware address alone; at least so
 * many did.
 */
export const sendsFrom = checker(function sendsFrom(options: {
  port: Port;
  clusterAddress: string;
  mac: string;
  after: ActFilter;
  withinMs: number;
  atLeast: number;
}) {
  const { port, clusterAddress, mac, after, withinMs, atLeast } = options;
  return (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const losses = new Losses(all);
    const isDue = (atNs: number) => !isWithin(losses, act.untilNs ?? act.atNs, atNs, withinMs);
    const sent = packetsOf(during, { ...port, direction: 'sent' }).filter(
      ({ event, packet }) => packet.destination === clusterAddress && isDue(event.atNs),
    );
    const other = sent.find(({ ethernet }) => ethernet.source !== mac);
    if (other) {
      const because = `${portText(port)} still sent from ${other.ethernet.source} ${toMs(other.event.atNs - act.atNs)} after it changed`;
      return fail(because, [act, other.event]);
    }
    if (sent.length < atLeast) return unknown(`${sent.length} packets were sent later; ${atLeast} were wanted`, [act]);
    const followed = pass(`${sent.length} packets were sent from ${mac}`, [act, ...eventsOf(sent.slice(0, 2))]);
    return unlessBlind(during, all, [{ what: 'frames', where: [port.lan] }], followed);
  };
});
