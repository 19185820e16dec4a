/**
 * Which counters of one boot have come by one path: the highest, and the 64 up to it (as RFC 4303 section 3.4.3 does it).
 *
 *         highest - 63                 highest
 *      ┌───┬───┬───┬─ … ─┬───┬───┬───┬───┐
 *   …  │ 1 │ 1 │ 0 │     │ 1 │ 1 │ 0 │ 1 │        1: has come, and is refused when it comes again
 *      └───┴───┴───┴─ … ─┴───┴───┴───┴───┘
 */
export interface Window {
  highest: bigint;
  /** Bit `n` stands for the counter `highest - n`. */
  seen: bigint;
}

const SIZE = 64n;
const ALL = (1n << SIZE) - 1n;

/** A window in which this counter is the next one: all before it count as seen. */
export function windowFrom(counter: bigint): Window {
  return { highest: counter - 1n, seen: ALL };
}

/** The window after this counter has come, or why that cannot be news. */
export function slide({ highest, seen }: Window, counter: bigint): Window | 'replayed' | 'stale' {
  if (counter > highest) return { highest: counter, seen: shifted(seen, counter - highest) | 1n };
  const age = highest - counter;
  if (age >= SIZE) return 'stale';
  const bit = 1n << age;
  return (seen & bit) === 0n ? { highest, seen: seen | bit } : 'replayed';
}

/** The step may be as long as a counter; what it pushes out is gone. */
function shifted(seen: bigint, by: bigint): bigint {
  return by >= SIZE ? 0n : (seen << by) & ALL;
}
