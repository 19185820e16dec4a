import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { type Holding, holdingsOf, holdingText, isKnown } from './holdings.ts';
import { type ActFilter, actText, findAct, NS_PER_MS, spanOf, toMs } from './span.ts';
import { dueNs, isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Where the alias belongs. */
export interface AliasPlace {
  address: string;
  node: string;
  device: string;
  /** As `ip address` prints it, device and name; any label when absent. */
  label?: string;
}

/**
 * ALIAS-1: the node holds the address on that device, with that label, and on no other.
 * @param options.after the act after whose beginning it must be so, within so many milliseconds; without one: at some time
 */
export const aliasPlaced = checker(function aliasPlaced(
  options: AliasPlace & { after?: ActFilter & { withinMs: number } },
) {
  const { address, node, device, label, after } = options;
  return unlessMissed({ what: 'addresses', where: [node] }, (during, all = during) => {
    const act = after && findAct(during, after);
    if (after && !act) return unknown(`${actText(after)} was not done`);
    const span = spanOf(during);
    const fromNs = act?.atNs ?? span?.fromNs ?? 0;
    const untilNs = act && after ? dueNs(all, act.atNs, after.withinMs) : (span?.untilNs ?? 0);
    const held = holdingsOf(all, address).filter((one) => one.node === node && overlaps(one, fromNs, untilNs));
    const wrong = held.find((one) => one.device !== device || (label !== undefined && one.label !== label));
    if (wrong) return fail(`${node} held ${address} on ${wrong.device} labelled ${wrong.label}`, wrong.evidence);
    const [right] = held;
    if (right) return pass(`${holdingText(right)}, labelled ${right.label}`, right.evidence);
    const absent = fail(
      `${node} did not hold ${address}${after ? ` within ${after.withinMs} ms` : ''}`,
      act ? [act] : [],
    );
    const known = isKnown(all, node, address, untilNs);
    if (!known) return unknown(`nothing tells whether ${node} held ${address}`);
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], absent);
  });
});

function overlaps(holding: Holding, fromNs: number, untilNs: number): boolean {
  return holding.fromNs <= untilNs && holding.untilNs > fromNs;
}

/** ALIAS-3: the node held the address at no time. Needs every address event, and a census for how it began. */
export const aliasNeverOn = checker(function aliasNeverOn(options: { address: string; node: string }) {
  const { address, node } = options;
  return unlessMissed({ what: 'addresses', where: [node] }, (during, all = during) => {
    const span = spanOf(during);
    if (!span) return unknown('nothing was recorded');
    const held = holdingsOf(all, address).find((one) => one.node === node && overlaps(one, span.fromNs, span.untilNs));
    if (held) return fail(`${holdingText(held)}: ${address}`, held.evidence);
    if (!isKnown(all, node, address, span.untilNs))
      return unknown(`nothing tells how ${node} began: no census names it`);
    const never = pass(`${node} never held ${address}`, censusesOf(all).slice(0, 1));
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], never);
  });
});

function censusesOf(events: readonly HistoryEvent[]): HistoryEvent[] {
  return events.filter((event) => event.kind === 'census');
}

/**
 * ALIAS-4, ALIAS-5: a node that held the address when something was done to it lets go in time, and stays so that long.
 * @param options.from from when the time counts: an act that mends something has no effect before its end
 */
export const aliasReleased = checker(function aliasReleased(options: {
  address: string;
  node: string;
  after: ActFilter;
  withinMs: number;
  from?: 'begin' | 'end';
}) {
  const { address, node, after, withinMs, from = 'begin' } = options;
  return unlessMissed({ what: 'addresses', where: [node] }, (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const held = holdingsOf(all, address).find((one) => one.node === node && overlaps(one, act.atNs, act.atNs));
    if (!held)
      return unknown(`${node} did not hold ${address} when ${actText(after)} began: nothing to release`, [act]);
    const evidence = [act, ...held.evidence];
    const sinceNs = from === 'begin' ? act.atNs : (act.untilNs ?? act.atNs);
    const tookNs = Math.max(0, ranNs(all, sinceNs, held.untilNs));
    if (isWithin(all, sinceNs, held.untilNs, withinMs))
      return pass(`${node} released ${address} after ${toMs(tookNs)}`, evidence);
    if (tookNs !== Number.POSITIVE_INFINITY) {
      return fail(`${node} released ${address} only after ${toMs(tookNs)}`, evidence);
    }
    const kept = fail(`${node} did not release ${address} within ${withinMs} ms`, evidence);
    const endNs = spanOf(during)?.untilNs ?? 0;
    const watchedNs = ranNs(all, sinceNs, endNs);
    if (endNs < dueNs(all, sinceNs, withinMs))
      return unknown(`only ${toMs(watchedNs)} were watched after ${actText(after)}`, evidence);
    return unlessBlind(during, all, [{ what: 'addresses', where: [node] }], kept);
  });
});

/**
 * ALIAS-8, by tables: at no time did two of the nodes hold the address.
 * @param options.toleranceMs overlap not counted: events of two nodes are read by two processes
 * @notices an overlap longer than `toleranceMs`
 */
export const neverTwoHolders = checker(function neverTwoHolders(options: {
  address: string;
  nodes: string[];
  toleranceMs: number;
}) {
  const { address, nodes, toleranceMs } = options;
  return unlessMissed({ what: 'addresses', where: nodes }, (during, all = during) => {
    const span = spanOf(during);
    if (!span) return unknown('nothing was recorded');
    const held = holdingsOf(all, address)
      .filter((one) => nodes.includes(one.node) && overlaps(one, span.fromNs, span.untilNs))
      .toSorted((one, other) => one.fromNs - other.fromNs);
    if (held.length === 0) return unknown(`none of ${nodes.join(', ')} was seen holding ${address}`);
    const clash = firstClash(held, toleranceMs * NS_PER_MS);
    if (clash)
      return fail(
        `${clash.map(holdingText).join('; ')}: both ${address}`,
        clash.flatMap((one) => one.evidence),
      );
    const turns = pass(
      `${held.length} holdings of ${address}, one after the other`,
      held.flatMap((one) => one.evidence),
    );
    return unlessBlind(during, all, [{ what: 'addresses', where: nodes }], turns);
  });
});

/** Holdings must be sorted by their beginnings. */
function firstClash(held: readonly Holding[], toleranceNs: number): [Holding, Holding] | undefined {
  for (const [index, later] of held.entries()) {
    const earlier = held
      .slice(0, index)
      .find((one) => one.node !== later.node && one.untilNs > later.fromNs + toleranceNs);
    if (earlier) return [earlier, later];
  }
  return undefined;
}
