import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { holdingsOf } from './holdings.ts';
import { bare } from './networks.ts';
import { probesOf } from './probes.ts';
import { type ActFilter, actText, findAct, spanOf, toMs } from './span.ts';
import { isWithin } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * HA-13: so long after an act at most, one of the nodes holds the address and keeps it, and every probe that is sent is answered;
 * at least so many must be, after the last thing that moved and the last that was lost.
 */
export const settled = checker(function settled(options: {
  address: string;
  nodes: string[];
  after: ActFilter;
  withinMs: number;
  atLeast: number;
}) {
  const { address, nodes, after, withinMs, atLeast } = options;
  const moves = (event: HistoryEvent): boolean =>
    event.kind === 'address' && nodes.includes(event.node) && bare(event.address) === address;
  return unlessMissed({ what: 'addresses', where: nodes }, (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const since = during.filter(({ atNs }) => atNs >= act.atNs);
    const moved = since.findLast(moves);
    const probes = probesOf(since);
    const lost = probes.findLast(({ outcome }) => outcome !== 'answered');
    const settledNs = Math.max(act.atNs, moved?.atNs ?? 0, lost?.atNs ?? 0);
    const evidence = [act, ...(moved ? [moved] : []), ...(lost ? [lost] : [])];
    const endNs = spanOf(during)?.untilNs ?? 0;
    const holders = holdingsOf(all, address).filter(
      (one) => nodes.includes(one.node) && one.fromNs <= endNs && one.untilNs > endNs,
    );
    const who = holders.map(({ node }) => node).join(' and ') || 'nobody';
    const because = `${toMs(settledNs - act.atNs)} after ${actText(after)} nothing moved or was lost any more, and ${who} held ${address}`;
    const sights = [{ what: 'addresses' as const, where: nodes }];
    if (holders.length !== 1) return unlessBlind(during, all, sights, fail(because, evidence));
    if (!isWithin(all, act.atNs, settledNs, withinMs)) return fail(`${because}; ${withinMs} ms were allowed`, evidence);
    const answered = probes.filter(({ atNs }) => atNs > settledNs).length;
    if (answered < atLeast) return unknown(`${because}, but only ${answered} probes were answered then`, evidence);
    return unlessBlind(during, all, sights, pass(`${because}; ${answered} probes were answered then`, evidence));
  });
});
