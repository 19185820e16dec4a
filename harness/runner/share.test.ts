import t from 'tap';
import { discoverSuites } from './discover.ts';
import { planJobs } from './select.ts';
import { alone, groupSeconds, shardOf } from './share.ts';
import type { Group } from './suite.ts';

const namesOf = (groups: readonly Group[]) => groups.map((group) => group.map(({ suite }) => suite.name).join(' '));

t.test('the parts of a run are the whole, each group once, and take about as long as each other', async (t) => {
  const groups = alone(planJobs(await discoverSuites(), { depth: 'thorough' }));
  for (const parts of [1, 2, 4]) {
    const shards = Array.from({ length: parts }, (_, index) => shardOf(groups, { index: index + 1, of: parts }));
    t.same(namesOf(shards.flat()).sort(), namesOf(groups).sort());
    const seconds = shards.map((part) => part.reduce((sum, group) => sum + groupSeconds(group), 0));
    t.ok(Math.max(...seconds) < 1.3 * Math.min(...seconds), seconds.join(', '));
  }
});
