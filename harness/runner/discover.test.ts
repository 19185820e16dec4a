import { existsSync } from 'node:fs';
import path from 'node:path';
import t from 'tap';
import { topologyNames } from '../topology/find.ts';
import { readCatalogue } from './catalogue.ts';
import { discoverSuites, hasWork, planJobs, suiteFile } from './discover.ts';
import { checkIds } from './ids.ts';
import type { Depth, Suite, SuiteOptions } from './suite.ts';

const PROJECT = path.resolve(import.meta.dirname, '../..');

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
const planned = (topology?: string) => planJobs(SUITES, topology).map((job) => `${job.suite.name} ${job.topology}`);

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
    planJobs(same).map((job) => job.suite.name),
    ['b', 'a', 'c'],
  );
});

t.test('long tests count for the length of their suite where they are wanted', async (t) => {
  const tests = { sleeps: { proves: [], longSeconds: 60, run: async () => ({}) } };
  const suites = [suite('busy', { topologies: ['invention'], seconds: 9 })];
  suites.push({ ...suite('sleepy', { topologies: ['invention'], seconds: 2 }), tests });
  const names = (depth: Depth) => planJobs(suites, undefined, depth).map((job) => job.suite.name);
  t.same(names('brief'), ['busy', 'sleepy']);
  t.same(names('long'), ['sleepy', 'busy']);
});

t.test('a suite of which the depth leaves nothing comes last, and has no work', async (t) => {
  const more = { topologies: ['invention', 'invention-flat'], everywhere: true };
  const suites = [
    suite('deep', { ...more, seconds: 20, thorough: true }),
    suite('wide', { ...more, seconds: 10, thorough: 'elsewhere' }),
    suite('half', { topologies: ['invention'], seconds: 9 }),
  ];
  for (const half of suites.slice(2)) half.tests = { first: promise(), second: { ...promise(), thorough: true } };
  const worked = (depth: Depth) =>
    planJobs(suites, undefined, depth)
      .filter((job) => hasWork(job, depth))
      .map((job) => `${job.suite.name} ${job.topology}`);
  t.same(worked('brief'), ['wide invention', 'half invention']);
  t.same(worked('thorough'), [
    'deep invention',
    'deep invention-flat',
    'wide invention',
    'wide invention-flat',
    'half invention',
  ]);
});

t.test('every suite of the project is found, without running, and can run', async (t) => {
  const suites = await discoverSuites();
  t.ok(suites.length >= 9);
  t.equal(new Set(suites.map(({ name }) => name)).size, suites.length);
  const catalogue = readCatalogue();
  for (const found of suites) {
    t.ok(existsSync(path.join(PROJECT, suiteFile(found.name))), found.name);
    t.ok(found.topologies.length > 0 && found.topologies.every((name) => topologyNames().includes(name)), found.name);
    t.ok(found.title && found.seconds > 0 && Object.keys(found.tests).length > 0, found.name);
    t.ok(Object.values(found.tests).every(({ proves }) => proves.length > 0));
    t.doesNotThrow(() => checkIds(catalogue, found), found.name);
  }
});
