import t from 'tap';
import { discoverSuites } from './discover.ts';
import { planJobs } from './select.ts';
import { alone, groupSeconds, shardOf, sharingLabs } from './share.ts';
import type { Group, Job, Suite, SuiteOptions } from './suite.ts';

const promise = { proves: [], run: async () => ({}) };
/** A job that takes as long as a lab and these seconds. */
const job = (name: string, seconds: number, options: Partial<SuiteOptions> = {}, title = `of ${name}`): Job => {
  const tests = { [title]: promise };
  const suite: Suite = { name, title: name, tests, topologies: ['invention'], seconds: 4 + seconds, ...options };
  return { suite, topology: 'invention', titles: [title] };
};
const namesOf = (groups: readonly Group[]) => groups.map((group) => group.map(({ suite }) => suite.name).join(' '));

t.test('suites that want the same lab share it; any that asks for another has its own', async (t) => {
  const jobs = [
    job('a', 3),
    job('b', 2, { servers: 2 }),
    job('c', 2),
    job('d', 2, { pair: { keeps: true } }),
    job('e', 2, { pair: { keeps: true } }),
    job('f', 2, { pace: 'default' }),
    job('g', 2, { ownClocks: true }),
    { ...job('h', 2), topology: 'invention-flat' },
  ];
  t.same(namesOf(sharingLabs(jobs)), ['a c', 'd e', 'b', 'f', 'g', 'h']);
  t.same(namesOf(alone(jobs)), ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
});

t.test('no lab is shared for longer than half a minute, unless one suite alone takes longer', async (t) => {
  const jobs = [job('long', 40), job('a', 14), job('b', 13), job('c', 12), job('d', 2)];
  t.same(namesOf(sharingLabs(jobs)), ['long', 'a c', 'b d']);
});

t.test(
  'a suite about the beginning of its lab comes first, one that leaves it changed last, and no two of a kind meet',
  async (t) => {
    const [first, last] = [{ inSharedLab: 'first' }, { inSharedLab: 'last' }] as const;
    const groups = (...jobs: Job[]) => namesOf(sharingLabs(jobs));
    t.same(groups(job('a', 5), job('l', 4, last), job('b', 3), job('f', 2, first), job('c', 1)), ['f a b c l']);
    t.same(groups(job('l', 5, last), job('a', 4), job('b', 3)), ['a b l']);
    t.same(groups(job('l', 5, last), job('f', 4, first), job('m', 3, last), job('g', 2, first)), ['f l', 'g m']);
  },
);

t.test('two tests of one title, by which a history tells them, do not meet', async (t) => {
  t.same(namesOf(sharingLabs([job('a', 2, {}, 'it dies'), job('b', 2), job('c', 1, {}, 'it dies')])), ['a b', 'c']);
});

t.test('a brief run of the project makes half as many labs as it has suites, and leaves no test out', async (t) => {
  const jobs = planJobs(await discoverSuites(), { depth: 'brief' });
  const groups = sharingLabs(jobs);
  t.same(namesOf(alone(groups.flat())).sort(), namesOf(alone(jobs)).sort());
  t.ok(groups.length <= jobs.length * 0.6, `${groups.length} labs of ${jobs.length} suites`);
});

t.test('the parts of a run are the whole, each group once, and take about as long as each other', async (t) => {
  const suites = await discoverSuites();
  for (const groups of [
    alone(planJobs(suites, { depth: 'thorough' })),
    sharingLabs(planJobs(suites, { depth: 'brief' })),
  ])
    for (const parts of [1, 2, 4]) {
      const shards = Array.from({ length: parts }, (_, index) => shardOf(groups, { index: index + 1, of: parts }));
      t.same(namesOf(shards.flat()).sort(), namesOf(groups).sort());
      const seconds = shards.map((part) => part.reduce((sum, group) => sum + groupSeconds(group), 0));
      t.ok(Math.max(...seconds) < 1.3 * Math.min(...seconds), seconds.join(', '));
    }
});
