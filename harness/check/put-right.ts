import type { AddressChanged, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { type ActFilter, actText, findAct, spanOf, toMs } from './span.ts';
import { dueNs, isWithin, ranNs } from './standstill.ts';
import { fail, pass, unknown } from './verdict.ts';

/** An address on a device of a node, and what somebody else did to it. */
export interface Meddling {
  node: string;
  device: string;
  /** With its prefix: `10.77.1.100/32`. */
  address: string;
  /** What the act did. */
  change: AddressChanged['change'];
  after: ActFilter;
  withinMs: number;
}

/**
 * ALIAS-10: what an act took off a node's device is put back, or what it put there is taken off, within so many milliseconds of
 * the kernel's word for the act's change; and stays so.
 */
export const putRight = checker(function putRight(options: Meddling) {
  const { node, device, address, change, after, withinMs } = options;
  return unlessMissed({ what: 'addresses', where: [node] }, (during, all = during) => {
    const act = findAct(during, after);
    if (!act) return unknown(`${actText(after)} was not done`);
    const changes = changesOf(during, options).filter(({ atNs }) => atNs >= act.atNs);
    const where = `${address} on ${device} of ${node}`;
    const first = changes.findIndex((event) => event.change === change);
    const [wrong, right] = changes.slice(first < 0 ? changes.length : first);
    const sights = [{ what: 'addresses' as const, where: [node] }];
    if (!wrong) return unlessBlind(during, all, sights, unknown(`nothing was ${change}: ${where}`, [act]));
    const last = changes.at(-1);
    if (last?.change === change) {
      const endNs = spanOf(during)?.untilNs ?? 0;
      if (endNs < dueNs(all, last.atNs, withinMs))
        return unknown(`only ${toMs(ranNs(all, last.atNs, endNs))} were watched after it`, [act, last]);
      return unlessBlind(during, all, sights, fail(`${where} stayed ${change}`, [act, last]));
    }
    const rightNs = right?.atNs ?? Number.POSITIVE_INFINITY;
    const because = `${where} was ${change}, which was put right after ${toMs(ranNs(all, wrong.atNs, rightNs))}`;
    return (isWithin(all, wrong.atNs, rightNs, withinMs) ? pass : fail)(because, [act, ...changes]);
  });
});

function changesOf(events: readonly HistoryEvent[], { node, device, address }: Meddling): AddressChanged[] {
  return events.filter(
    (event): event is AddressChanged =>
      event.kind === 'address' && event.node === node && event.device === device && event.address === address,
  );
}
