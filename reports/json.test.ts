import t from 'tap';
import { jsonReport } from './json.ts';
import { ALWAYS, LISTING, RUN } from './sample-run.ts';

t.test('the JSON holds the whole report, the totals, and the verdict of every requirement', async (t) => {
  const read = JSON.parse(jsonReport(RUN, LISTING));
  const { totals, requirements, invariants, claims, ...report } = read;
  t.same(report, JSON.parse(JSON.stringify(RUN)));
  t.same(totals, { pass: 1, fail: 1, unknown: 1, skip: 1 });
  t.match(requirements[3], { id: 'HA-2', verdict: 'not tested', tests: [] });
  t.same(invariants, []);
  t.same(claims[1], { id: 'C2', verdict: 'pass', requirements: [{ id: 'ARP-1', verdict: 'pass' }] });
  t.same(requirements[0], {
    id: 'ARP-1',
    verdict: 'pass',
    tests: [{ suite: 'arp', title: 'the active answers for the NLBS address' }],
  });
});

t.test('of aspects and invariants it says what was tried, where, and what was broken on purpose', async (t) => {
  const { requirements, invariants } = JSON.parse(jsonReport({ ...RUN, results: ALWAYS }, LISTING));
  const tests = ['arp', 'ha'].map((suite) => ({ suite, title: 'no two speak' }));
  t.same(requirements[3].aspects, [
    { name: 'out of reach', verdict: 'untried', tests: [] },
    { name: 'cut off', verdict: 'pass', tests },
    { name: 'for an hour', verdict: 'untried', notBrief: 'it takes an hour', tests: [] },
  ]);
  t.match(invariants, [{ title: 'no two speak', verdict: 'pass', suites: ['arp', 'ha'] }]);
  t.match(invariants[0].brokenOnPurpose, [/^ha: one answerer/]);
});
