import { BROADCAST_MAC } from '../capture/address-text.ts';
import type { AddressChanged, HistoryEvent, NeighbourChanged } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { bare } from './networks.ts';
import { readerDelayNs } from './reader-delay.ts';
import { type ArpSeen, arpsOf, eventsOf, type Port, portText } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { happenedAfterNs, isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

/** ARP packets of a port that speak of an address as sender and target: announcements, well made or not. */
export function announcementsFrom(events: readonly HistoryEvent[], port: Port, address: string): ArpSeen[] {
  return arpsOf(events, { ...port, direction: 'sent' }).filter(
    ({ arp }) => arp.senderIp === address && arp.targetIp === address,
  );
}

/** What is wrong with an announcement of RFC 5227 2.3, if anything is. */
function malformation({ ethernet, arp }: ArpSeen, mac: string): string | undefined {
  if (arp.operation !== 'request') return `is no request but ${arp.operation}`;
  if (ethernet.destination !== BROADCAST_MAC) return `was sent to ${ethernet.destination}, not to all`;
  if (arp.senderMac !== mac) return `names ${arp.senderMac}, not ${mac}`;
  return ethernet.source === mac ? undefined : `was sent from ${ethernet.source}, not ${mac}`;
}

/**
 * ARP-3: each time the node adds the address to that device, it broadcasts an ARP request with its hardware address, and
 * the address as sender and target, within so many milliseconds of the address event. The event is read a moment after the
 * fact, so the frame may come as much before it; and earlier by as much as the readers are shown to have been late then, or
 * as the machine stood still until then.
 */
export const announcedOnTakeover = checker(function announcedOnTakeover(options: {
  address: string;
  port: Port;
  device: string;
  mac: string;
  withinMs: number;
}) {
  const { address, port, device, mac, withinMs } = options;
  return unlessMissed({ what: 'addresses', where: [port.node] }, (during, all = during) => {
    const added = during.filter(
      (event): event is AddressChanged =>
        event.kind === 'address' &&
        event.change === 'added' &&
        event.node === port.node &&
        event.device === device &&
        bare(event.address) === address,
    );
    if (added.length === 0) return unknown(`${port.node} did not add ${address} to ${device}`);
    const made = announcementsFrom(during, port, address);
    const bad = made.find((one) => malformation(one, mac));
    if (bad) return fail(`an announcement of ${portText(port)} ${malformation(bad, mac)}`, [bad.event]);
    const heard = announcementsHeard(during, port.lan, address, mac);
    const lateNs = readerDelayNs(all, heard, address);
    const verdicts = added.map((event) => announcedAt(event, made, withinMs, lateNs, all));
    const worst = verdicts.find(({ verdict }) => verdict === 'fail') ?? verdicts[0];
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    return worst ? unlessBlind(during, all, sights, worst) : unknown('nothing to judge');
  });
});

function announcementsHeard(events: readonly HistoryEvent[], lan: string, address: string, mac: string): ArpSeen[] {
  return arpsOf(events, { lan, direction: 'received' }).filter(
    ({ arp }) => arp.senderIp === address && arp.targetIp === address && arp.senderMac === mac,
  );
}

function announcedAt(
  added: AddressChanged,
  made: readonly ArpSeen[],
  withinMs: number,
  lateNs: number,
  all: readonly HistoryEvent[],
): Verdict {
  const earliestNs = happenedAfterNs(all, added.atNs) - withinMs * NS_PER_MS - lateNs;
  const first = made.find(({ event }) => event.atNs >= earliestNs);
  if (!first) return fail(`${added.node} added ${added.address} and announced nothing`, [added]);
  const tookNs = ranNs(all, added.atNs, first.event.atNs);
  const late = lateNs / NS_PER_MS > withinMs ? `; such events were read ${toMs(lateNs)} late` : '';
  const because = `the first announcement came ${toMs(tookNs)} after the address event${late}`;
  const judge = isWithin(all, added.atNs, first.event.atNs, withinMs) ? pass : fail;
  return judge(because, [added, first.event]);
}

/** Table events are stamped in whole microseconds by another reader than the frames. */
const CLOCK_SLACK_NS = 0.1 * NS_PER_MS;

/** A firewall's table: where an entry is held, and the port by which announcements come in. */
export interface Table {
  node: string;
  device: string;
  port: Port;
}

/**
 * ARP-4: in each firewall's table the entry for the address, which named another hardware address, names the new one within
 * so many milliseconds after the announcement came in; and because of it: the firewall did not ask meanwhile.
 */
export const neighbourReplaced = checker(function neighbourReplaced(options: {
  address: string;
  mac: string;
  announcer: Port;
  tables: Table[];
  withinMs: number;
}) {
  const { tables } = options;
  return unlessMissed({ what: 'neighbours', where: tables.map(({ node }) => node) }, (during, all = during) => {
    if (tables.length === 0) return unknown('no table was named');
    const verdicts = tables.map((table) => {
      const verdict = replacedIn(table, options, during, all);
      if (verdict.verdict !== 'fail') return verdict;
      const sights = [
        { what: 'frames' as const, where: [table.port.lan] },
        { what: 'neighbours' as const, where: [table.node] },
      ];
      return unlessBlind(during, all, sights, verdict);
    });
    const bad =
      verdicts.find(({ verdict }) => verdict === 'fail') ?? verdicts.find(({ verdict }) => verdict === 'unknown');
    if (bad) return bad;
    return pass(
      verdicts.map(({ because }) => because).join('; '),
      verdicts.flatMap(({ evidence }) => evidence),
    );
  });
});

function replacedIn(
  { node, device, port }: Table,
  { address, mac, announcer, withinMs }: { address: string; mac: string; announcer: Port; withinMs: number },
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
): Verdict {
  if (announcementsFrom(during, announcer, address).length === 0)
    return unknown(`${portText(announcer)} announced nothing`);
  const [heard] = announcementsHeard(during, port.lan, address, mac).filter(({ event }) => event.node === node);
  if (!heard) return unknown(`the announcement did not reach ${portText(port)}`);
  const sinceNs = heard.event.atNs - CLOCK_SLACK_NS;
  const entries = all.filter(
    (event): event is NeighbourChanged =>
      event.kind === 'neighbour' && event.node === node && event.device === device && event.address === address,
  );
  const prior = entries.filter((entry) => entry.atNs < sinceNs).at(-1);
  if (!prior?.mac || prior.state === 'REMOVED')
    return unknown(`${node} had no entry for ${address} to replace`, [heard.event]);
  if (prior.mac === mac) return unknown(`${node} had ${mac} for ${address} already`, [prior, heard.event]);
  const changed = entries.find((entry) => entry.atNs >= sinceNs && entry.mac === mac);
  if (!changed) return fail(`${node} kept ${prior.mac} for ${address}`, [prior, heard.event]);
  const tookNs = ranNs(all, heard.event.atNs, changed.atNs);
  const evidence = [prior, heard.event, changed];
  if (!isWithin(all, heard.event.atNs, changed.atNs, withinMs))
    return fail(`${node} changed its entry only after ${toMs(tookNs)}`, evidence);
  const asked = arpsOf(during, { ...port, direction: 'sent' }).filter(
    ({ event, arp }) =>
      arp.operation === 'request' &&
      arp.targetIp === address &&
      event.atNs >= heard.event.atNs &&
      event.atNs <= changed.atNs,
  );
  if (asked.length > 0) return fail(`${node} had to ask for ${address}`, [...evidence, ...eventsOf(asked)]);
  return pass(`${node} replaced its entry ${toMs(tookNs)} after the announcement`, evidence);
}
