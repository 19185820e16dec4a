import { SITUATIONS } from './datapath-bound.ts';
import type { Cell, Rate } from './datapath-measured.ts';

/** Support for tests: figures to be changed where a test needs it. */

export function cell(but: Partial<Cell> = {}): Cell {
  const rest = { servers: 3, services: 1, connections: 0, present: 1, runs: 20_000, floorNs: 50, leastNs: 90, ns: 100 };
  return { situation: 'established', ...rest, ...but };
}

/** The same figure in each situation, at the least and the largest size. */
export function cells(small: Partial<Cell>, large: Partial<Cell>): Cell[] {
  return SITUATIONS.flatMap((situation) => [
    cell({ situation, ...small }),
    cell({ situation, servers: 1000, services: 512, connections: 1_000_000, ...large }),
  ]);
}

/** A trial in which so many thousand packets a second came through. */
export function rate(way: string, thousands: number, but: Partial<Rate> = {}): Rate {
  return { way, sent: 1000, arrived: [400, 600], astray: 0, tookNs: 1e9 / thousands, ...but };
}
