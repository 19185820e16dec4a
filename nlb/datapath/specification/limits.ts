/**
 * How many connections a second may enter the tables of proven ones. Two packets prove a connection, and anybody can send two
 * packets from any address: such a flood pushes out no more connections than this. See entering.ts.
 */
export interface Limits {
  tcpPerSecond: number;
  udpPerSecond: number;
}

export const DEFAULT_LIMITS: Limits = { tcpPerSecond: 50_000, udpPerSecond: 10_000 };

const SECOND_NS = 1_000_000_000;

/** For a limit of zero: longer than any time. */
const FOREVER_NS = 2n ** 62n;

/** One connection's share of the time, in whole nanoseconds, as the data path computes it. */
export const gapNs = (perSecond: number): bigint =>
  perSecond === 0 ? FOREVER_NS : BigInt(Math.floor(SECOND_NS / perSecond));
