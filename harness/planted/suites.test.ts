import t from 'tap';
import type { Suite } from '../runner/suite.ts';
import { jobsThatProve } from './suites.ts';

const test = (proves: string[], thorough?: true) => ({ proves, run: async () => ({}), ...(thorough && { thorough }) });
const suite = (name: string, seconds: number, tests: Suite['tests'], more: Partial<Suite> = {}): Suite => {
  return { name, title: name, seconds, tests, topologies: ['invention', 'invention-flat'], ...more };
};

const SUITES = [
  suite('long', 30, { a: test(['FWD-5']), b: test(['BAL-5']) }),
  suite('short', 5, { a: test(['FWD-5'], true), b: test(['ARP-2']) }),
  suite('both', 9, { a: test(['BAL-5']), b: test(['ROUTE-4']) }, { everywhere: true, thorough: 'elsewhere' }),
];

const names = (requirement: string, depth: 'brief' | 'thorough') =>
  jobsThatProve(SUITES, requirement, depth).map((job) => `${job.suite.name} on ${job.topology}`);

t.test('those run whose tests prove the requirement at that depth, the shortest first', async (t) => {
  t.same(names('FWD-5', 'brief'), ['long on invention']);
  t.same(names('FWD-5', 'thorough'), ['short on invention', 'long on invention']);
  t.same(names('BAL-5', 'brief'), ['both on invention', 'long on invention']);
  t.same(names('BAL-5', 'thorough').toSorted(), ['both on invention', 'both on invention-flat', 'long on invention']);
  t.same(names('HA-1', 'thorough'), []);
});

t.test('where an invariant proves it all others follow, for it is held against every suite', async (t) => {
  t.same(names('ADDR-5', 'brief'), ['short on invention', 'both on invention', 'long on invention']);
  t.same(names('ROUTE-4', 'brief'), ['both on invention', 'short on invention', 'long on invention']);
});
