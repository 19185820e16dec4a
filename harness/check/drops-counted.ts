import type { DropsRead } from '../history/event.ts';
import { checker } from './claim.ts';
import { fail, pass, unknown } from './verdict.ts';

/**
 * FWD-9: between the first and the last time that a node's counters were read, at least so many packets more were counted for
 * one and the same cause: what is dropped on purpose is on record, and not lost.
 */
export const dropsCounted = checker(function dropsCounted({ node, atLeast }: { node: string; atLeast: number }) {
  return (during) => {
    const readings = during.filter((event): event is DropsRead => event.kind === 'drops' && event.node === node);
    const [first, last] = [readings[0], readings.at(-1)];
    if (!first || !last || first === last) return unknown(`${node} was not asked twice what it has dropped`);
    const risen = Object.entries(last.counts).map(([cause, count]) => ({
      cause,
      by: count - (first.counts[cause] ?? 0),
    }));
    const most = risen.toSorted((one, other) => other.by - one.by)[0];
    const because = most ? `${node} counted ${most.by} drops more for ${most.cause}` : `${node} counts no drops`;
    return most && most.by >= atLeast
      ? pass(because, [first, last])
      : fail(`${because}; ${atLeast} packets were dropped`, [first, last]);
  };
});
