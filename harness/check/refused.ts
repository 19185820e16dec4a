import type { Counted, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { unlessBlind } from './coverage.ts';
import { datagramsOf } from './datagrams.ts';
import { decoded, type Port } from './seen.ts';
import { fail, pass, unknown } from './verdict.ts';

/** What a node is asked for, and the kernel for it: `REFUSED` by the daemon, and dropped before it because its socket was full. */
export const REFUSED = 'refused heartbeats';
export const DROPPED = 'dropped at the heartbeat’s sockets';

/** Under what a node counts what it did not look at, because there was more of it than it needs. */
const TOO_MANY = 'too many';

/** So many datagrams that may be refused for any of these reasons. No two of these share a reason. */
export interface Batch {
  reasons: readonly string[];
  count: number;
}

/** By how much the counts grew from the first time that they were asked for to the last. */
function growth(events: readonly HistoryEvent[], node: string, what: string) {
  const told = events.filter(
    (event): event is Counted => event.kind === 'counted' && event.node === node && event.what === what,
  );
  const [first, last] = [told[0], told.at(-1)];
  if (!first || !last || first === last) return undefined;
  const of = (name: string): number => (last.counts[name] ?? 0) - (first.counts[name] ?? 0);
  return { of, names: Object.keys(last.counts), evidence: [first, last] };
}

/**
 * HA-21: of a flood, from the first time that it was asked to the last, the node refused that share for that reason, or more.
 * One of less than `meant` datagrams shows nothing.
 */
export const refusedMost = checker(function refusedMost(options: {
  node: string;
  reason: string;
  sent: number;
  meant: number;
  share: number;
}) {
  const { node, reason, sent, meant, share } = options;
  return (during) => {
    const refused = growth(during, node, REFUSED);
    if (!refused) return unknown(`${node} was not asked for its counts before and after`);
    if (sent < meant)
      return unknown(`${sent} datagrams were sent: this machine is too busy for the ${meant} of a flood`);
    const because = `${node} refused ${refused.of(reason)} of ${sent} as ${reason}`;
    return refused.of(reason) >= share * sent ? pass(because, refused.evidence) : fail(because, refused.evidence);
  };
});

/** HA-19: by its last count, since its start, the node has refused nothing for any of these reasons. */
export const noneRefusedAs = checker(function noneRefusedAs(options: { node: string; reasons: readonly string[] }) {
  const { node, reasons } = options;
  return (during) => {
    const last = during.findLast(
      (event): event is Counted => event.kind === 'counted' && event.node === node && event.what === REFUSED,
    );
    if (!last) return unknown(`${node} was not asked for its counts`);
    const found = reasons.flatMap((reason) => (last.counts[reason] ? [`${last.counts[reason]} as ${reason}`] : []));
    if (found.length > 0) return fail(`${node} refused ${found.join(', ')}`, [last]);
    return pass(`${node} refused nothing as ${reasons.join(', ')}`, [last]);
  };
});

/**
 * HA-12: the node counted every forgery that reached it, under a reason that fits it, and nothing else. A datagram may be
 * missing only where the kernel says that it dropped it for want of room, or the node that it came in a flood.
 * @param options.sources hardware addresses of those who sent the forgeries
 */
export const countedByReason = checker(function countedByReason(options: {
  node: string;
  ports: Port[];
  sources: string[];
  port: number;
  sent: Batch[];
}) {
  const { node, ports, sources, port, sent } = options;
  return (during, all = during) => {
    const came = ports
      .flatMap((each) => datagramsOf(during, { ...each, direction: 'received' }, port))
      .filter((event) => sources.includes(decoded(event).ethernet?.source ?? ''));
    const total = sent.reduce((sum, { count }) => sum + count, 0);
    const refused = growth(during, node, REFUSED);
    const dropped = growth(during, node, DROPPED);
    if (!refused || !dropped) return unknown(`${node} was not asked for its counts before and after`);
    if (came.length !== total) return unknown(`${came.length} of ${total} forgeries reached ${node}`, came.slice(0, 1));
    const evidence = [...refused.evidence, ...dropped.evidence];
    const known = [...sent.flatMap(({ reasons }) => reasons), TOO_MANY];
    const unexpected = refused.names.find((name) => !known.includes(name) && refused.of(name) > 0);
    if (unexpected)
      return fail(`${node} refused ${refused.of(unexpected)} as ${unexpected}, of which none was sent`, evidence);
    const rows = sent.map(({ reasons, count }) => {
      const counted = reasons.reduce((sum, reason) => sum + refused.of(reason), 0);
      return { words: `${reasons.join(' or ')} ${counted} of ${count}`, counted, count };
    });
    const because = `${node} refused: ${rows.map(({ words }) => words).join(', ')}; ${dropped.of('all')} had no room, ${refused.of(TOO_MANY)} were too many`;
    const missing = rows.reduce((sum, { counted, count }) => sum + count - counted, 0);
    const wrong =
      rows.some(({ counted, count }) => counted > count) || missing > dropped.of('all') + refused.of(TOO_MANY);
    const verdict = wrong ? fail(because, evidence) : pass(because, evidence);
    return unlessBlind(during, all, [{ what: 'frames', where: ports.map(({ lan }) => lan) }], verdict);
  };
});
