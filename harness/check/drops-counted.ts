import type { Acted, HistoryEvent } from '../history/event.ts';
import { checker } from './claim.ts';
import { actText } from './span.ts';
import { fail, pass, unknown } from './verdict.ts';

/** Where a test puts what a node says of its drops: in the act's detail, as JSON, the number of packets by cause. */
export const DROPS_READ = 'read the counters of drops';

/**
 * FWD-9: between the first and the last time that a node's counters were read, at least so many packets more were counted for
 * one and the same cause: what is dropped on purpose is on record, and not lost.
 */
export const dropsCounted = checker(function dropsCounted({ node, atLeast }: { node: string; atLeast: number }) {
  return (during) => {
    const readings = during.filter((event) => isReading(event, node));
    const [first, last] = [readings[0], readings.at(-1)];
    if (!first || !last || first === last) return unknown(`${actText({ what: DROPS_READ, node })} was not done twice`);
    const [before, after] = [countsIn(first), countsIn(last)];
    const risen = Object.entries(after).map(([cause, count]) => ({ cause, by: count - (before[cause] ?? 0) }));
    const most = risen.toSorted((one, other) => other.by - one.by)[0];
    const because = most ? `${node} counted ${most.by} drops more for ${most.cause}` : `${node} counts no drops`;
    return most && most.by >= atLeast
      ? pass(because, [first, last])
      : fail(`${because}; ${atLeast} packets were dropped`, [first, last]);
  };
});

const isReading = (event: HistoryEvent, node: string): event is Acted =>
  event.kind === 'act' && event.what === DROPS_READ && event.node === node;

const countsIn = ({ detail = '{}' }: Acted): Record<string, number> => JSON.parse(detail) as Record<string, number>;
