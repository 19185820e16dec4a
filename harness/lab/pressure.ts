import { existsSync, readFileSync } from 'node:fs';

const MACHINE = '/proc/pressure/cpu';

/** For how many microseconds somebody on this machine has waited for a processor; undefined where the kernel does not say. */
export function readWaited(file: string = MACHINE): number | undefined {
  if (!existsSync(file)) return undefined;
  const [, microseconds] = /^some .*total=(\d+)/m.exec(readFileSync(file, 'utf8')) ?? [];
  return microseconds === undefined ? undefined : Number(microseconds);
}

/** What was read of several control groups at an instant: for how long each had been starved by then. */
export interface PressureLook {
  atNs: bigint;
  totalsNs: readonly number[];
}

/** What is shorter is an ordinary turn of the scheduler. */
const WORTH_A_WORD_NS = 2_000_000;

/**
 * Reads `cpu.pressure` (Linux, Documentation/accounting/psi.rst).
 * @returns for how many nanoseconds in all programs of the group could run, and none of them did
 * @throws where the kernel does not say so
 */
export function fullTotalNs(text: string): number {
  const [, microseconds] = /^full .*total=(\d+)/m.exec(text) ?? [];
  if (microseconds === undefined) throw new Error(`cpu.pressure without a total of "full": ${JSON.stringify(text)}`);
  return Number(microseconds) * 1000;
}

/** Which group was starved longest between two looks, and for how long; undefined where none was for more than a moment. */
export function starvedIn(before: PressureLook, after: PressureLook): { pressure: number; forNs: number } | undefined {
  const spentNs = after.totalsNs.map((total, pressure) => total - (before.totalsNs[pressure] ?? total));
  const forNs = Math.max(...spentNs);
  return forNs > WORTH_A_WORD_NS ? { pressure: spentNs.indexOf(forNs), forNs } : undefined;
}

interface Stretch {
  atNs: number;
  untilNs: number;
}

/** What was not while the machine stood still, which counts by itself. */
export const starvedOtherwise = <T extends Stretch>(starved: readonly T[], stood: readonly Stretch[]): T[] =>
  starved.filter(({ atNs, untilNs }) => !stood.some((still) => still.atNs < untilNs && still.untilNs > atNs));
