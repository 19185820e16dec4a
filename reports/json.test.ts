import t from 'tap';
import { jsonReport } from './json.ts';
import { CATALOGUE, RUN } from './sample-run.ts';

t.test('the JSON holds the whole report, the totals, and the verdict of every requirement', async (t) => {
  const read = JSON.parse(jsonReport(RUN, CATALOGUE));
  const { totals, requirements, ...report } = read;
  t.same(report, JSON.parse(JSON.stringify(RUN)));
  t.same(totals, { pass: 1, fail: 1, unknown: 1, skip: 1 });
  t.same(requirements[3], { id: 'HA-2', verdict: 'not tested', tests: [] });
  t.same(requirements[0], {
    id: 'ARP-1',
    verdict: 'pass',
    tests: [{ suite: 'arp', title: 'the active answers for the NLBS address' }],
  });
});
