import t from 'tap';
import { readCatalogue, UnknownRequirement } from './catalogue.ts';
import { checkIds } from './ids.ts';

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
  t.doesNotThrow(() => checkIds(catalogue, suiteOf({ 'it answers': ['ARP-1', 'HA-5'], 'it moves': [] })));
  const wrong = () => checkIds(catalogue, suiteOf({ 'it answers': ['ARP-1'], 'it moves': ['HA-1', 'HA-77'] }));
  t.throws(wrong, UnknownRequirement);
  t.throws(wrong, { message: /^the suite arp, test "it moves", names .*: HA-77 \(nearest: HA-7, / });
});
