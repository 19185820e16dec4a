import type { HistoryEvent } from '../history/event.ts';
import { announcementsFrom } from './announcement.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type ArpSeen, arpsOf, eventsOf, type Port, portText } from './seen.ts';
import { actText, NS_PER_MS, toMs } from './span.ts';
import { isWithin, Losses, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

interface Claimed {
  address: string;
  /** Who holds the address. */
  port: Port;
  /** Hardware address of the other station. */
  claimant: string;
}

/** Timers come late on a busy machine, and not always equally late. */
const TIMER_SLACK = 0.9;

function claimsOf(events: readonly HistoryEvent[], { address, port, claimant }: Claimed): ArpSeen[] {
  return arpsOf(events, { ...port, direction: 'received' }).filter(
    ({ arp }) => arp.senderIp === address && arp.senderMac === claimant,
  );
}

/**
 * ARP-13: of a station's claims, which go on for longer than twice `everyMs`, the first is contradicted by an
 * announcement within `atOnceMs`, each later one at most `everyMs` later than that, and there are never two within `everyMs`, however
 * long the claims go on: a defence without limit ends a test early that waits for some of them.
 * @notices a defence later than `atOnceMs`, or two within nine tenths of `everyMs`
 */
export const defended = checker(function defended(options: Claimed & { atOnceMs: number; everyMs: number }) {
  const { address, port, claimant, atOnceMs, everyMs } = options;
  return (during, all = during) => {
    const claims = claimsOf(during, options);
    const [first, last] = [claims[0], claims.at(-1)];
    if (!first || !last) return unknown(`no claim of ${claimant} reached ${portText(port)}`);
    const made = announcementsFrom(during, port, address).filter(({ event }) => event.atNs >= first.event.atNs);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    const hasty = made.find((one, i) => one.event.atNs - (made[i - 1]?.event.atNs ?? -Infinity) < leastNs(everyMs));
    if (hasty) return fail(`it was announced twice within ${everyMs} ms`, eventsOf(made));
    const wentOnNs = last.event.atNs - first.event.atNs;
    if (wentOnNs <= 2 * everyMs * NS_PER_MS) return unknown(`the claims went on for ${toMs(wentOnNs)} only`);
    const losses = new Losses(all);
    const open = claims.find(
      (claim) => !isWithin(losses, claim.event.atNs, nextNs(claim, made), (claim === first ? 0 : everyMs) + atOnceMs),
    );
    if (open) {
      const because = `a claim stood for ${toMs(ranNs(losses, open.event.atNs, nextNs(open, made)))}`;
      return unlessBlind(during, all, sights, fail(because, eventsOf([open, ...made])));
    }
    const because = `${claims.length} claims in ${toMs(wentOnNs)}, contradicted ${made.length} times`;
    return unlessBlind(during, all, sights, pass(because, eventsOf([first, ...made])));
  };
});

const leastNs = (everyMs: number): number => everyMs * TIMER_SLACK * NS_PER_MS;

/** When the announcement came that follows a claim; never where none does. */
function nextNs(claim: ArpSeen, made: readonly ArpSeen[]): number {
  const next = made.find(({ event }) => event.atNs >= claim.event.atNs);
  return next?.event.atNs ?? Number.POSITIVE_INFINITY;
}

/** Where a test puts what it read of a node's event log: JSON lines in the act's detail. */
export const EVENTS_READ = 'read the event log';

interface ConflictLine {
  event?: string;
  macs?: string[];
  claims?: number;
  over?: boolean;
}

/** ARP-13: the node's event log tells of the conflict: who claimed the address, how often, and that it is over. */
export const conflictRecorded = checker(function conflictRecorded(options: Claimed) {
  const { port, claimant } = options;
  return (during, all = during) => {
    const read = during.findLast(
      (event) => event.kind === 'act' && event.what === EVENTS_READ && event.node === port.node,
    );
    if (read?.kind !== 'act') return unknown(`${actText({ what: EVENTS_READ, node: port.node })} was not done`);
    const claims = claimsOf(during, options).length;
    if (claims === 0) return unknown(`no claim of ${claimant} reached ${portText(port)}`);
    const lines = (read.detail ?? '').split('\n').filter(Boolean);
    const conflicts = lines.map((line) => JSON.parse(line) as ConflictLine).filter(({ event }) => event === 'conflict');
    const theirs = conflicts.filter(({ macs }) => macs?.includes(claimant));
    if (theirs.length === 0) return fail(`no conflict with ${claimant} is in the log`, [read]);
    const told = theirs.reduce((sum, { over, claims: count = 0 }) => sum + (over ? count : 0), 0);
    const sights = [{ what: 'frames' as const, where: [port.lan] }];
    const because = `the log tells of ${told} claims by ${claimant}, and ${claims} came`;
    return unlessBlind(during, all, sights, told === claims ? pass(because, [read]) : fail(because, [read]));
  };
});
