/** Whether a beat is news: one boot's counters only grow, and a boot that was followed by another never comes back. */
export interface Order {
  boot?: bigint;
  counter: bigint;
  /** Earlier boots of the peer, the last of them last. */
  retired: readonly bigint[];
}

/** `twin`: the same beat by the other subnet. `stale`: older than one already heard. `retired`: of an earlier boot. */
export type Verdict = 'fresh' | 'twin' | 'stale' | 'retired';

/** A peer that starts a thousand times is remembered for its last 64 starts. */
const RETIRED_KEPT = 64;

export const noOrder: Order = { counter: 0n, retired: [] };

export function judge(order: Order, { boot, counter }: { boot: bigint; counter: bigint }): Verdict {
  if (boot !== order.boot) return order.retired.includes(boot) ? 'retired' : 'fresh';
  if (counter === order.counter) return 'twin';
  return counter > order.counter ? 'fresh' : 'stale';
}

/** The order after a fresh beat, and how many beats before it never came. */
export function advance(
  order: Order,
  { boot, counter }: { boot: bigint; counter: bigint },
): Order & { missed: number } {
  if (boot === order.boot) return { ...order, counter, missed: Number(counter - order.counter - 1n) };
  const retired = order.boot === undefined ? order.retired : [...order.retired, order.boot].slice(-RETIRED_KEPT);
  return { boot, counter, retired, missed: 0 };
}
