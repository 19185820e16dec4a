import { LAB_SECONDS, secondsOf } from './select.ts';
import type { Group, Job } from './suite.ts';

/**
 * A lab costs two cores some three seconds: a brief run makes as few as it can. Longer than this, and what shares one would be what the
 * run ends with, while a core is idle.
 */
const LONGEST_SECONDS = 30;

/** Each in a lab of its own. */
export const alone = (jobs: readonly Job[]): Group[] => jobs.map((job) => [job]);

/** Suites that want the same lab follow one another in it, as many as take about half a minute; the groups that take longest come first. */
export function sharingLabs(jobs: readonly Job[]): Group[] {
  const groups: Group[] = [];
  for (const job of jobs) {
    const at = groups.findIndex((group) => goesWith(group, job));
    const group = groups[at];
    if (group) groups[at] = inOrder(group, job);
    else groups.push([job]);
  }
  return groups.sort((one, other) => groupSeconds(other) - groupSeconds(one));
}

/** The group with one more job, which keep their order but where a suite has a place of its own. */
function inOrder([first, ...others]: Group, more: Job): Group {
  if (more.suite.inSharedLab === 'first') return [more, first, ...others];
  if (first.suite.inSharedLab === 'last') return [more, ...others, first];
  return others.at(-1)?.suite.inSharedLab === 'last'
    ? [first, ...others.toSpliced(-1, 0, more)]
    : [first, ...others, more];
}

/** About how long a group takes, which makes and unmakes one lab. */
export const groupSeconds = (group: Group): number =>
  group.reduce((sum, job) => sum + secondsOf(job) - LAB_SECONDS, LAB_SECONDS);

const goesWith = (group: Group, job: Job): boolean =>
  labOf(group[0]) === labOf(job) &&
  groupSeconds([...group, job]) <= LONGEST_SECONDS &&
  !wantsPlaceOf(group, job) &&
  !namesAnyAlike(group, job);

const wantsPlaceOf = (group: Group, { suite: { inSharedLab } }: Job): boolean =>
  inSharedLab !== undefined && group.some(({ suite }) => suite.inSharedLab === inSharedLab);

/** What of a suite shapes its lab. */
const labOf = ({ suite: { servers, pair, pace, ownClocks }, topology }: Job): string =>
  JSON.stringify([topology, servers, pair, pace, ownClocks]);

/** A history tells tests by their titles. */
const namesAnyAlike = (group: Group, job: Job): boolean =>
  group.some(({ titles }) => titles.some((title) => job.titles.includes(title)));

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
