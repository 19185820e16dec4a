import t from 'tap';
import { invariantsOf } from '../check/invariants/index.ts';
import { loadPlan } from '../topology/load.ts';
import { mustKnow, readCatalogue, UnknownRequirement } from './catalogue.ts';
import { checkIds } from './ids.ts';
import { settingOf } from './setting.ts';

const suiteOf = (proves: Record<string, string[]>) => ({
  name: 'arp',
  title: '',
  topologies: ['invention'],
  seconds: 1,
  tests: Object.fromEntries(
    Object.entries(proves).map(([title, ids]) => [title, { proves: ids, run: async () => ({}) }]),
  ),
});

t.test('an id that no requirement has is an error with suite, test and the nearest ids', async (t) => {
  const catalogue = readCatalogue();
  t.doesNotThrow(() => checkIds(catalogue, suiteOf({ 'it answers': ['ARP-1', 'HA-5 initial'], 'it moves': [] })));
  const wrong = () => checkIds(catalogue, suiteOf({ 'it answers': ['ARP-1'], 'it moves': ['HA-1 killed', 'HA-77'] }));
  t.throws(wrong, UnknownRequirement);
  t.throws(wrong, { message: /^the suite arp, test "it moves", names .*: HA-77 \(nearest: HA-7, / });
});

t.test(
  'an aspect that is unknown, missing, or of a requirement that has none, is an error that names what there is',
  async (t) => {
    const catalogue = readCatalogue();
    const table: [proof: string, message: RegExp][] = [
      ['HA-12 forgd', /HA-12 has no aspect "forgd" \(nearest: forged, /],
      ['HA-12', /HA-12 has aspects, and none is named: forged, mutated, /],
      ['ARP-1 twice', /ARP-1 has no aspects, and so not "twice"/],
    ];
    for (const [proof, message] of table) {
      const wrong = () => checkIds(catalogue, suiteOf({ 'it moves': ['ARP-2', proof] }));
      t.throws(wrong, { name: 'UnknownRequirement', message: /^the suite arp, test "it moves", proves what / });
      t.throws(wrong, { message });
    }
  },
);

t.test('what is judged in every suite proves what the catalogue has', async (t) => {
  const catalogue = readCatalogue();
  const invariants = invariantsOf(settingOf(loadPlan('invention')));
  t.ok(invariants.length > 5);
  for (const { title, proves } of invariants) t.doesNotThrow(() => mustKnow(catalogue, proves, title));
});
