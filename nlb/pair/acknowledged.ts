import type { PathName } from './beat.ts';

/**
 * When the latest beat was sent that the peer says it has heard, by path, on our own clock. Absent where it has heard none.
 * So whether it hears us is judged by one clock alone, and what is long on its way in either direction counts as old.
 */
export type Acknowledged = Readonly<Partial<Record<PathName, number>>>;

/** When the latest messages were sent; those before are older than anything that is asked. */
export interface SentTimes {
  noted(counter: bigint, atMs: number): void;
  of(heard: Readonly<Record<PathName, bigint>>): Acknowledged;
}

/** When the latest beat was sent that the peer has heard by any path; the beginning of time where it has heard none. */
export function latestOf({ access, server }: Acknowledged): number {
  return Math.max(access ?? Number.NEGATIVE_INFINITY, server ?? Number.NEGATIVE_INFINITY);
}

/** A second and more at the usual interval. What is acknowledged later than that counts as sent at the beginning of time. */
const KEPT = 128n;

export function openSentTimes(): SentTimes {
  const times = new Map<bigint, number>();
  const sentAtMs = (counter: bigint) => times.get(counter) ?? Number.NEGATIVE_INFINITY;
  return {
    noted: (counter, atMs) => {
      times.set(counter, atMs);
      times.delete(counter - KEPT);
    },
    of: ({ access, server }) => ({
      ...(access > 0n && { access: sentAtMs(access) }),
      ...(server > 0n && { server: sentAtMs(server) }),
    }),
  };
}
