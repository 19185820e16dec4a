import t from 'tap';
import { readCatalogue } from './catalogue.ts';
import { exceptedFromBrief, gapsAt, provenAt } from './depth-gaps.ts';
import { discoverSuites } from './discover.ts';
import { placesOf } from './select.ts';
import type { Suite } from './suite.ts';

const catalogue = readCatalogue();
const JOBS = placesOf(await discoverSuites());

t.test('of every requirement that is tested, some test tries each aspect', async (t) => {
  t.same(gapsAt(catalogue, JOBS, 'long'), []);
});

t.test('a brief run tries each aspect, but for those that the catalogue excepts, with the reason', async (t) => {
  const excepted = exceptedFromBrief(catalogue);
  t.same(
    gapsAt(catalogue, JOBS, 'brief').filter((part) => !excepted.includes(part)),
    [],
    'tried by no test of a brief run',
  );
  const proven = provenAt(JOBS, 'brief');
  t.same(
    excepted.filter((part) => proven.has(part)),
    [],
    'excepted, and tried all the same',
  );
  t.ok(proven.size > 180, 'aspects, and requirements that have none');
});

t.test(
  'a requirement without its negative case is a gap, and so is one that only a thorough test proves',
  async (t) => {
    const test = (...proves: string[]) => ({ proves, run: async () => ({}) });
    const tests = {
      one: test('HA-20 servers', 'ARP-1'),
      two: { ...test('HA-20 services', 'ARP-2'), thorough: true as const },
    };
    const suite: Suite = { name: 'some', title: '', topologies: ['prior-art'], seconds: 1, tests };
    const jobs = [{ suite, topology: 'prior-art' }];
    const own = (part: string) => /^(HA-20|ARP-[12]$)/.test(part);
    t.same(gapsAt(catalogue, jobs, 'long').filter(own), ['HA-20 recovery']);
    t.same(gapsAt(catalogue, jobs, 'brief').filter(own), ['ARP-2', 'HA-20 services', 'HA-20 recovery']);
  },
);

t.test('what is judged in every suite counts where a test runs at all', async (t) => {
  const suite: Suite = { name: 'some', title: '', topologies: ['invention'], seconds: 1, tests: {} };
  const jobs = [{ suite, topology: 'invention' }];
  t.notOk(provenAt(jobs, 'brief').has('ALIAS-8 throughout'));
  suite.tests.one = { proves: [], run: async () => ({}) };
  t.ok(provenAt(jobs, 'brief').has('ALIAS-8 throughout'));
});
