import t from 'tap';
import { type ClaimRow, claimRows, provingText } from './claim-rows.ts';
import { GOOD_RUN, LISTING, RUN } from './sample-run.ts';

const textOf = (row: ClaimRow) => `${row.id} ${row.verdict}: ${provingText(row)}`;

t.test('a claim is proved where each of its requirements is, and has the worst of their verdicts', async (t) => {
  t.same(claimRows(GOOD_RUN, LISTING).map(textOf), [
    'C1 pass: ARP-1 pass, ARP-2 pass',
    'C2 pass: ARP-1 pass',
    'C3 not tested: HA-2 not tested',
    'C4 partly: ARP-1 pass, FWD-1 not tested',
  ]);
  t.same(
    claimRows(RUN, LISTING).map(({ verdict }) => verdict),
    ['unknown', 'pass', 'not tested', 'skip'],
  );
});

t.test('a claim is proved partly where one of its requirements is', async (t) => {
  const results = GOOD_RUN.results.map((test) => ({ ...test, proves: ['HA-2 cut off'] }));
  t.same(claimRows({ ...GOOD_RUN, results }, LISTING).map(textOf)[2], 'C3 partly: HA-2 partly');
});

t.test('many requirements are counted, not listed', async (t) => {
  const ids = Array.from({ length: 13 }, (_, index) => `ARP-${index + 1}`);
  const requirements = ids.map((id) => ({ id, text: id }));
  const [row] = claimRows(GOOD_RUN, { requirements, claims: { C7: ids } });
  t.equal(row && textOf(row), 'C7 partly: 13 requirements: 2 pass, 11 not tested');
});
