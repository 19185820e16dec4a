import t from 'tap';
import { planJobs } from './select.ts';
import type { Depth, Job, Suite, SuiteOptions } from './suite.ts';

const promise = (...proves: string[]) => ({ proves, run: async () => ({}) });
const suite = (name: string, options: SuiteOptions): Suite => ({
  name,
  title: name,
  tests: { 'it is so': promise() },
  ...options,
});

const SUITES = [
  suite('short', { topologies: ['invention'], seconds: 1 }),
  suite('long', { topologies: ['invention', 'prior-art'], seconds: 9 }),
  suite('both', { topologies: ['invention-flat', 'invention'], everywhere: true, seconds: 5 }),
];
const namesOf = (jobs: readonly Job[]) => jobs.map((job) => `${job.suite.name} ${job.topology}`);
const planned = (topology?: string) =>
  namesOf(planJobs(SUITES, { depth: 'thorough', ...(topology !== undefined && { topology }) }));

t.test('the longest suites begin first, each on its first topology or on all of its own', async (t) => {
  t.same(planned(), ['long invention', 'both invention-flat', 'both invention', 'short invention']);
});

t.test('with a topology, the suites that know it run on it, and no others', async (t) => {
  t.same(planned('invention'), ['long invention', 'both invention', 'short invention']);
  t.same(planned('prior-art'), ['long prior-art']);
  t.same(planned('elsewhere'), []);
});

t.test('suites of the same length keep their order', async (t) => {
  const same = ['b', 'a', 'c'].map((name) => suite(name, { topologies: ['invention'], seconds: 3 }));
  t.same(
    planJobs(same, { depth: 'thorough' }).map((job) => job.suite.name),
    ['b', 'a', 'c'],
  );
});

t.test('long tests count for the length of their suite where they are wanted', async (t) => {
  const tests = { sleeps: { proves: [], longSeconds: 60, run: async () => ({}) } };
  const suites = [suite('busy', { topologies: ['invention'], seconds: 9 })];
  suites.push({ ...suite('sleepy', { topologies: ['invention'], seconds: 2 }), tests });
  const names = (depth: Depth) => planJobs(suites, { depth }).map((job) => job.suite.name);
  t.same(names('brief'), ['busy']);
  t.same(names('long'), ['sleepy', 'busy']);
});

t.test('a suite of which the depth leaves nothing is not run', async (t) => {
  const more = { topologies: ['invention', 'invention-flat'], everywhere: true };
  const suites = [
    suite('deep', { ...more, seconds: 20, thorough: true }),
    suite('wide', { ...more, seconds: 10, thorough: 'elsewhere' }),
    suite('half', { topologies: ['invention'], seconds: 9 }),
  ];
  for (const half of suites.slice(2)) half.tests = { first: promise(), second: { ...promise(), thorough: true } };
  const worked = (depth: Depth) => namesOf(planJobs(suites, { depth }));
  t.same(worked('brief'), ['wide invention', 'half invention']);
  t.same(worked('thorough'), [
    'deep invention',
    'deep invention-flat',
    'wide invention',
    'wide invention-flat',
    'half invention',
  ]);
});

t.test('tests are selected by their titles, with or without their suites’, and by what failed', async (t) => {
  const suites = SUITES.map((each) => ({ ...each, tests: { 'it is so': promise(), 'it moves': promise() } }));
  const titles = (selection: Parameters<typeof planJobs>[1]) =>
    planJobs(suites, selection).map((job) => `${job.suite.name} ${job.topology}: ${job.titles.join(', ')}`);
  const depth = 'thorough';
  t.same(titles({ depth, grep: /^it moves$/ }), [
    'long invention: it moves',
    'both invention-flat: it moves',
    'both invention: it moves',
    'short invention: it moves',
  ]);
  t.same(titles({ depth, grep: /^short: it/ }), ['short invention: it is so, it moves']);
  t.same(titles({ depth, grep: /nothing/ }), []);
  const only = new Map([['both@invention', new Set(['it moves'])]]);
  t.same(titles({ depth, only }), ['both invention: it moves']);
});
