import fc from 'fast-check';
import t from 'tap';
import { buildTable, fillSlots } from './maglev.ts';

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
  t.same([...fillSlots([b0, b1, b2], 7)], [1, 0, 1, 0, 2, 2, 0]);
});

t.test('the published example comes out after backend 1 is removed', async (t) => {
  const without1 = fillSlots([b0, { ...b1, weight: 0 }, b2], 7);
  t.same([...without1], [0, 0, 0, 0, 2, 2, 2]);
  t.same([...fillSlots([b0, b2], 7)], [0, 0, 0, 0, 1, 1, 1], 'taken from the list instead of weighted zero');
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

const weights = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 1000 }), fc.constantFrom(0, 1, 1000), fc.integer({ min: 0, max: 2 ** 30 })),
  { minLength: 1, maxLength: 120 },
);
const backendsOf = (list: readonly number[]) => list.map((weight, index) => ({ name: `server${index}`, weight }));

t.test('shares are exact to one slot for any weights, and no slot is left', async (t) => {
  const exact = fc.property(weights, (list) => {
    const table = buildTable(backendsOf(list));
    const sum = list.reduce((total, weight) => total + weight, 0);
    if (sum === 0) return table.every((slot) => slot === -1);
    const shares = new Map(
      Array.from(
        Map.groupBy(table, (index) => index),
        ([index, slots]) => [index, slots.length],
      ),
    );
    return (
      !shares.has(-1) &&
      list.every((weight, index) => Math.abs((shares.get(index) ?? 0) - (table.length * weight) / sum) < 1)
    );
  });
  holds(t, exact, 60);
});

t.test('a hundred servers of weight 1000 have their share each', async (t) => {
  const table = buildTable(backendsOf(new Array(100).fill(1000)));
  const shares = Array.from({ length: 100 }, (_, index) => share(table, index));
  t.same([...new Set(shares)].sort(), [655, 656]);
});

t.test('the table is the same whatever the order of the list, and in however many pieces it is made', async (t) => {
  const shuffled = weights.chain((list) => {
    const backends = backendsOf(list);
    return fc.tuple(
      fc.constant(backends),
      fc.shuffledSubarray(backends, { minLength: backends.length, maxLength: backends.length }),
    );
  });
  const same = fc.property(shuffled, ([backends, others]) => {
    const [one, other] = [buildTable(backends), buildTable(others)];
    return one.every((index, slot) => backends[index]?.name === others[other[slot] ?? -1]?.name);
  });
  holds(t, same, 40);
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
