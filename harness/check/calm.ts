import type { HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind, unlessMissed } from './coverage.ts';
import { holdingsOf } from './holdings.ts';
import { bare } from './networks.ts';
import { spanOf, toMs } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * HA-11, HA-12: nothing moves: one of the nodes holds the address all the time, no other is given it, and no state script runs
 * on any of them.
 */
export const nothingMoved = checker(function nothingMoved(options: { address: string; nodes: string[] }) {
  const { address, nodes } = options;
  const moves = (event: HistoryEvent): boolean => {
    if (event.kind === 'script') return nodes.includes(event.node);
    return event.kind === 'address' && nodes.includes(event.node) && bare(event.address) === address;
  };
  return unlessMissed({ what: 'addresses', where: nodes }, (during, all = during) => {
    const span = spanOf(during);
    if (!span) return unknown('nothing was recorded');
    const moved = during.filter(moves);
    const [first] = moved;
    if (first?.kind === 'script') return fail(`${first.node} entered ${first.state}: ${first.reason}`, moved);
    if (first?.kind === 'address') return fail(`${first.node} ${first.change} ${first.address}`, moved);
    const [holder] = holdingsOf(all, address).filter(
      (one) => nodes.includes(one.node) && one.fromNs <= span.fromNs && one.untilNs >= span.untilNs,
    );
    if (!holder) return unknown(`nothing tells who of ${nodes.join(', ')} held ${address}`);
    const calm = pass(`${holder.node} held ${address} for ${toMs(span.untilNs - span.fromNs)}`, holder.evidence);
    return unlessBlind(during, all, [{ what: 'addresses', where: nodes }], calm);
  });
});
