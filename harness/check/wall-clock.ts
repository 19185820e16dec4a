import type { Counted } from '../history/event.ts';
import { checker } from './claim.ts';
import { pass, unknown } from './verdict.ts';

/** How far the wall clock of a node's daemon was from the machine's, by what it wrote: `offsetSeconds`. */
export const WALL_CLOCK = 'the daemon’s wall clock';

/**
 * The step bit: the daemon itself was so many seconds off when it wrote its last line.
 * @premise
 */
export const clockStepped = checker(function clockStepped(options: {
  node: string;
  seconds: number;
  withinSeconds: number;
}) {
  const { node, seconds, withinSeconds } = options;
  return (during) => {
    const told = during.findLast(
      (event): event is Counted => event.kind === 'counted' && event.node === node && event.what === WALL_CLOCK,
    );
    if (!told) return unknown(`${node} was not asked for its clock`);
    const offset = told.counts.offsetSeconds ?? Number.NaN;
    const because = `the daemon on ${node} was ${offset} s off`;
    if (Math.abs(offset - seconds) <= withinSeconds) return pass(because, [told]);
    return unknown(`${because}; ${seconds} s were meant: it did not see the step`, [told]);
  };
});
