import { LAB_SECONDS, secondsOf } from './select.ts';
import type { Group, Job } from './suite.ts';

/** Each in a lab of its own. */
export const alone = (jobs: readonly Job[]): Group[] => jobs.map((job) => [job]);

/** About how long a group takes, which makes and unmakes one lab. */
export const groupSeconds = (group: Group): number =>
  group.reduce((sum, job) => sum + secondsOf(job) - LAB_SECONDS, LAB_SECONDS);

/**
 * One of so many parts of a run that take about as long as each other: every group is in one of them, and in the same one
 * wherever it is asked for.
 * @param index from 1 on
 */
export function shardOf(groups: readonly Group[], { index, of }: { index: number; of: number }): Group[] {
  const shards = Array.from({ length: of }, () => ({ seconds: 0, groups: [] as Group[] }));
  for (const group of groups.toSorted((one, other) => groupSeconds(other) - groupSeconds(one))) {
    const [least] = shards.toSorted((one, other) => one.seconds - other.seconds);
    least?.groups.push(group);
    if (least) least.seconds += groupSeconds(group);
  }
  return shards[index - 1]?.groups ?? [];
}
