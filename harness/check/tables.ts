import type { HistoryEvent, NeighbourChanged } from '../history/event.ts';
import { announcementsFrom, type Table } from './announcement.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { arpsOf, type Port, portText } from './seen.ts';
import { type ActFilter, actText, findAct, NS_PER_MS, toMs } from './span.ts';
import { isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown, type Verdict } from './verdict.ts';

interface Righting {
  address: string;
  /** Hardware address of the one that leads. */
  mac: string;
  tables: Table[];
  /** Nodes whose table must have been wrong for the verdict to mean anything. */
  misled: string[];
  /** What made them wrong: something that was done, or the first announcement of a port. */
  after: ActFilter | { announcedBy: Port };
  /** From its end on. */
  withinMs: number;
  /** What is done from here on is another matter. */
  before?: ActFilter;
}

/**
 * ARP-12, ARP-13, ARP-14: tables that named another hardware address for the address name the right one soon after, without
 * having asked for it, and still do at the end.
 */
export const tablesRightAgain = checker(function tablesRightAgain(options: Righting) {
  return unlessMissed({ what: 'neighbours', where: options.tables.map(({ node }) => node) }, (during, all = during) => {
    const cause = causeIn(during, options);
    if (!cause) return unknown(`it did not come to pass: ${causeText(options.after)}`);
    const endNs = (options.before && findAct(during, options.before)?.atNs) ?? Number.POSITIVE_INFINITY;
    const past = all.filter(({ atNs }) => atNs < endNs);
    const verdicts = options.tables.map((table) => {
      const verdict = rightAgain(table, options, cause, past);
      if (verdict.verdict !== 'fail') return verdict;
      return unlessBlind(during, all, [{ what: 'neighbours', where: [table.node] }], verdict);
    });
    const worst = ['fail', 'unknown'].flatMap((word) => verdicts.filter(({ verdict }) => verdict === word))[0];
    if (worst) return worst;
    const evidence = [cause.event, ...verdicts.flatMap((one) => one.evidence)];
    if (verdicts.length === 0) return unknown('no table was named');
    return pass(verdicts.map(({ because }) => because).join('; '), evidence);
  });
});

interface Cause {
  event: HistoryEvent;
  fromNs: number;
  untilNs: number;
}

function causeIn(during: readonly HistoryEvent[], { address, after }: Righting): Cause | undefined {
  if ('announcedBy' in after) {
    const event = announcementsFrom(during, after.announcedBy, address)[0]?.event;
    return event && { event, fromNs: event.atNs, untilNs: event.atNs };
  }
  const act = findAct(during, after);
  return act && { event: act, fromNs: act.atNs, untilNs: act.untilNs ?? act.atNs };
}

const causeText = (after: Righting['after']): string =>
  'announcedBy' in after ? `an announcement of ${portText(after.announcedBy)}` : actText(after);

function rightAgain(table: Table, options: Righting, cause: Cause, all: readonly HistoryEvent[]): Verdict {
  const { mac, misled, withinMs } = options;
  const { node } = table;
  const entries = entriesSince(table, options.address, cause.fromNs, all);
  const wrongAt = entries.findLastIndex((entry) => entry.mac !== undefined && entry.mac !== mac && !isGone(entry));
  const wrong = entries[wrongAt];
  if (!wrong) {
    const never = `${node} never named another than ${mac}`;
    return misled.includes(node) ? unknown(`${never}: it was not misled`, entries) : pass(never, entries.slice(-1));
  }
  const right = entries.slice(wrongAt).find((entry) => entry.mac === mac && !isGone(entry));
  if (!right) return fail(`${node} still names ${wrong.mac}`, [cause.event, wrong]);
  const evidence = [cause.event, wrong, right];
  const tookNs = ranNs(all, cause.untilNs, right.atNs);
  if (!isWithin(all, cause.untilNs, right.atNs, withinMs))
    return fail(`${node} named ${wrong.mac} for another ${toMs(tookNs)}`, evidence);
  const [asked] = asking(table, options.address, cause.untilNs, right.atNs, all);
  if (asked) return unknown(`${node} asked for itself`, [...evidence, asked.event]);
  return pass(`${node} named ${mac} ${tookNs < 0 ? 'before its end' : `after ${toMs(tookNs)}`}`, evidence);
}

const isGone = ({ state }: NeighbourChanged): boolean => state === 'REMOVED' || state === 'FAILED';

/** The table's entries for the address: what it was at that instant, and every change after. */
function entriesSince({ node, device }: Table, address: string, fromNs: number, all: readonly HistoryEvent[]) {
  const entries = all.filter(
    (event): event is NeighbourChanged =>
      event.kind === 'neighbour' && event.node === node && event.device === device && event.address === address,
  );
  const before = entries.findLastIndex(({ atNs }) => atNs <= fromNs);
  return entries.slice(Math.max(0, before));
}

function asking({ port }: Table, address: string, fromNs: number, untilNs: number, all: readonly HistoryEvent[]) {
  return arpsOf(all, { ...port, direction: 'sent' }).filter(
    ({ event, arp }) =>
      arp.operation === 'request' && arp.targetIp === address && event.atNs >= fromNs && event.atNs <= untilNs,
  );
}

/**
 * ARP-12: the first announcement of the port, which must have been lost on its way to the hearers, is followed by another
 * that reaches them, not sooner than so many milliseconds later: whatever lost the first is over by then. Where the node has been
 * given the address once more in between, that may be the first of another row, and proves nothing.
 */
export const announcedAgain = checker(function announcedAgain(options: {
  address: string;
  port: Port;
  hearers: Port[];
  leastMs: number;
}) {
  const { address, port, hearers, leastMs } = options;
  return (during, all = during) => {
    const [first, ...later] = announcementsFrom(during, port, address);
    if (!first) return unknown(`${portText(port)} announced nothing`);
    const heardBy = (one: typeof first) =>
      hearers.filter((hearer) =>
        arpsOf(during, { ...hearer, direction: 'received' }).some(
          ({ event, arp }) =>
            arp.senderIp === address &&
            arp.senderMac === one.arp.senderMac &&
            event.atNs >= one.event.atNs &&
            event.atNs <= one.event.atNs + TRANSIT_NS,
        ),
      );
    if (heardBy(first).length > 0) return unknown('the first announcement was not lost', [first.event]);
    const next = later.find((one) => heardBy(one).length === hearers.length);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    if (!next) return unlessBlind(during, all, sights, fail('no other announcement reached them', [first.event]));
    const given = during.find(
      (event) =>
        event.kind === 'address' &&
        event.node === port.node &&
        event.change === 'added' &&
        event.address.startsWith(`${address}/`) &&
        event.atNs > first.event.atNs + TRANSIT_NS &&
        event.atNs < next.event.atNs,
    );
    if (given) return unknown('the node was given the address anew before the other one', [first.event, given]);
    const afterNs = next.event.atNs - first.event.atNs;
    const judge = afterNs >= leastMs * NS_PER_MS ? pass : fail;
    return judge(`another announcement came ${toMs(afterNs)} after the lost one`, [first.event, next.event]);
  };
});

/** Within a switch; far less than lies between two announcements. */
const TRANSIT_NS = 10 * NS_PER_MS;
