import fc from 'fast-check';
import t from 'tap';
import { buildTable, claimSlots } from './maglev.ts';

/** Table 1 of the publication. */
const [b0, b1, b2] = [
  { offset: 3, skip: 4, weight: 1 },
  { offset: 0, skip: 2, weight: 1 },
  { offset: 3, skip: 1, weight: 1 },
];

function share(table: Int32Array, index: number): number {
  return table.filter((backend) => backend === index).length;
}

/** Run a property, print its seed, and show the counterexample where it fails. */
function holds(
  t: { comment(text: string): void; notOk(value: boolean, text: string): unknown },
  property: fc.IProperty<unknown>,
  runs: number,
): void {
  const outcome = fc.check(property, { numRuns: runs });
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `${runs} cases`);
}

const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 12 }), { minLength: 2, maxLength: 40 });

t.test('the published example comes out', async (t) => {
  t.same([...claimSlots([b0, b1, b2], 7)], [1, 0, 1, 0, 2, 2, 0]);
});

t.test('the published example comes out after backend 1 is removed', async (t) => {
  const without1 = claimSlots([b0, { ...b1, weight: 0 }, b2], 7);
  t.same([...without1], [0, 0, 0, 0, 2, 2, 2]);
  t.same([...claimSlots([b0, b2], 7)], [0, 0, 0, 0, 1, 1, 1], 'taken from the list instead of weighted zero');
});

t.test('without backends, or without weight, no slot has one', async (t) => {
  t.ok(buildTable([], 13).every((slot) => slot === -1));
  t.ok(buildTable([{ name: 'a', weight: 0 }], 13).every((slot) => slot === -1));
});

t.test('a weight that is no whole number from 0 is refused', async (t) => {
  for (const weight of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    t.throws(() => buildTable([{ name: 'a', weight }], 13), RangeError, String(weight));
  }
});

t.test('equal weights give shares that differ by one slot at most', async (t) => {
  const even = fc.property(names, (list) => {
    const table = buildTable(list.map((name) => ({ name, weight: 1 })));
    const shares = list.map((_, index) => share(table, index));
    return Math.max(...shares) - Math.min(...shares) <= 1;
  });
  holds(t, even, 30);
});

t.test('shares follow the weights to within one turn', async (t) => {
  const weighted = fc.property(
    fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 1, maxLength: 20 }).filter((list) => Math.max(...list) > 0),
    (weights) => {
      const table = buildTable(weights.map((weight, index) => ({ name: `server${index}`, weight })));
      const round = weights.reduce((sum, weight) => sum + weight, 0);
      return weights.every((weight, index) => {
        const exact = (table.length * weight) / round;
        return Math.abs(share(table, index) - exact) <= weight;
      });
    },
  );
  holds(t, weighted, 30);
});

t.test('the table is the same wherever it is computed', async (t) => {
  const table = buildTable(
    [
      { name: 'server1', weight: 2 },
      { name: 'server2', weight: 1 },
    ],
    13,
  );
  t.same([...table], [0, 0, 0, 0, 1, 1, 0, 0, 0, 0, 1, 1, 0], 'fixed by SHA-256 of the names');
});

t.test('when a backend goes, few slots of the others change hands', async (t) => {
  const stable = fc.property(names, fc.nat(), (list, chosen) => {
    const gone = chosen % list.length;
    const before = buildTable(list.map((name) => ({ name, weight: 1 })));
    const after = buildTable(list.map((name, index) => ({ name, weight: index === gone ? 0 : 1 })));
    const moved = before.filter((index, slot) => index !== gone && after[slot] !== index).length;
    const orphans = share(before, gone);
    return share(after, gone) === 0 && moved <= orphans * 0.35;
  });
  holds(t, stable, 30);
});
