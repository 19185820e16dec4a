import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { type Holding, holdingsOf } from './holdings.ts';
import { type ArpSeen, arpsOf, eventsOf } from './seen.ts';
import { NS_PER_MS, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * An address event is read this much after the fact at most, where labs share the processors (50 ms were measured); a claim
 * may be seen before the event of its own alias. It is compared with the other node's claims all the same.
 */
export const EVENT_DELAY_NS = 100 * NS_PER_MS;

/** From the first to the last claim of one node in one time of holding the alias. */
interface Tenure {
  node: string;
  first: ArpSeen;
  last: ArpSeen;
}

/**
 * ALIAS-8: never do two nodes answer for the address, whatever fails. Each ARP packet with it as the sender is a claim; the
 * times from the first to the last claim of each node do not overlap. A node that lost the address and was given it again
 * begins anew: that is told by the address events, without which a return counts as overlap.
 * @notices two claims in the wrong order, however close
 */
export const oneAnswererAtATime = checker(function oneAnswererAtATime(options: {
  address: string;
  lans: string[];
  nodes: string[];
}) {
  const { address, lans, nodes } = options;
  return (during, all = during) => {
    const claims = lans
      .flatMap((lan) => arpsOf(during, { lan, direction: 'sent' }))
      .filter(({ event, arp }) => arp.senderIp === address && nodes.includes(event.node))
      .toSorted((one, other) => one.event.atNs - other.event.atNs);
    if (claims.length === 0) return unknown(`nobody answered for or announced ${address}`);
    const tenures = tenuresOf(claims, all, address);
    const clash = firstClash(tenures);
    if (clash) return clashVerdict(clash, during, all);
    const turns = tenures.map(({ node }) => node).join(', then ');
    const because = `${claims.length} claims to ${address}: by ${turns}`;
    const verdict = pass(because, eventsOf(tenures.map(({ first }) => first)));
    return unlessBlind(during, all, [{ what: 'frames', where: lans }], verdict);
  };
});

function tenuresOf(claims: readonly ArpSeen[], all: readonly HistoryEvent[], address: string): Tenure[] {
  const holdings = holdingsOf(all, address);
  const tenures = new Map<string, Tenure>();
  for (const claim of claims) {
    const { node } = claim.event;
    const own = holdings.filter((one) => one.node === node);
    const key = `${node} ${timeOfHolding(own, claim.event.atNs)}`;
    const known = tenures.get(key);
    if (known) known.last = claim;
    else tenures.set(key, { node, first: claim, last: claim });
  }
  return [...tenures.values()];
}

/** In which of its times of holding a node made a claim: in one that lasts; else in one whose event was yet to be read. */
function timeOfHolding(own: readonly Holding[], atNs: number): number {
  const lasting = own.findIndex(({ fromNs, untilNs }) => fromNs <= atNs && atNs < untilNs);
  return lasting < 0 ? own.filter(({ fromNs }) => fromNs <= atNs + EVENT_DELAY_NS).length : lasting + 1;
}

/** Tenures come in the order of their first claims. */
function firstClash(tenures: readonly Tenure[]): [Tenure, Tenure] | undefined {
  for (const [index, later] of tenures.entries()) {
    const earlier = tenures
      .slice(0, index)
      .find((one) => one.node !== later.node && one.last.event.atNs >= later.first.event.atNs);
    if (earlier) return [earlier, later];
  }
  return undefined;
}

function clashVerdict(
  [earlier, later]: [Tenure, Tenure],
  during: readonly HistoryEvent[],
  all: readonly HistoryEvent[],
) {
  const evidence = eventsOf([earlier.first, later.first, earlier.last, later.last]);
  const because = `${earlier.node} still spoke for the address after ${later.node} had begun to`;
  // Without the address events a lawful return looks the same.
  const sights = [{ what: 'addresses' as const, where: [earlier.node, later.node] }];
  return unlessBlind(during, all, sights, fail(because, evidence));
}

/**
 * So that silence means something: from the first to the last thing done, requests for the address came from so many senders
 * without a longer pause. Never a failure of the nodes.
 * @premise
 */
export const askedThroughout = checker(function askedThroughout(options: {
  address: string;
  lan: string;
  senders: number;
  pauseMs: number;
}) {
  const { address, lan, senders, pauseMs } = options;
  return (during) => {
    const acts = during.filter(({ kind }) => kind === 'act');
    const [first, last] = [acts[0], acts.at(-1)];
    if (!first || !last) return unknown('nothing was done');
    const asked = arpsOf(during, { lan, direction: 'sent' }).filter(
      ({ arp }) => arp.operation === 'request' && arp.targetIp === address && arp.senderIp !== address,
    );
    const found = new Set(asked.map(({ arp }) => arp.senderMac)).size;
    if (found < senders) return unknown(`${found} senders asked for ${address}; ${senders} were wanted`);
    const untilNs = last.kind === 'act' ? (last.untilNs ?? last.atNs) : last.atNs;
    const instants = asked.map(({ event }) => event.atNs).filter((atNs) => atNs >= first.atNs && atNs <= untilNs);
    const marks = [first.atNs, ...instants, untilNs];
    const longestNs = Math.max(...marks.map((atNs, i) => atNs - (marks[i - 1] ?? atNs)));
    if (longestNs > pauseMs * NS_PER_MS) return unknown(`nobody asked for ${address} for ${toMs(longestNs)}`, [first]);
    const because = `${instants.length} requests by ${found} senders, never more than ${toMs(longestNs)} apart`;
    return pass(because, eventsOf(asked.slice(0, 1)));
  };
});
