/**
 * How many connections a second may enter the tables of those that have proved themselves. Two packets prove one, and anybody
 * can send two packets from any address: who floods us with those pushes out no more than this. See entering.ts.
 */
export interface Limits {
  tcpPerSecond: number;
  udpPerSecond: number;
}

export const DEFAULT_LIMITS: Limits = { tcpPerSecond: 50_000, udpPerSecond: 10_000 };

const SECOND_NS = 1_000_000_000;

/** Of a limit of zero: longer than any time. */
const FOREVER_NS = 2n ** 62n;

/** The share of time that one of so many a second has. Nanoseconds, whole ones, as the data path counts. */
export const gapNs = (perSecond: number): bigint =>
  perSecond === 0 ? FOREVER_NS : BigInt(Math.floor(SECOND_NS / perSecond));
