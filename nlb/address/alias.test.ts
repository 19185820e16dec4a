import t from 'tap';
import { reconcileAlias } from './alias.ts';

const NLBS = '10.77.1.100';
const [ACCESS, SERVER] = [2, 3];
const held = (label = 'access:nlbs', ifindex = ACCESS, prefixLength = 32, address = NLBS) => ({
  ifindex,
  address,
  prefixLength,
  label,
});
const ALIAS = held();

t.test('the alias stands where it is wanted, by our prefix and label, and nowhere else', async (t) => {
  const cases: [wanted: typeof ALIAS | undefined, actual: (typeof ALIAS)[], changes: string[]][] = [
    [ALIAS, [ALIAS], []],
    [ALIAS, [], ['add 2/32 access:nlbs']],
    [undefined, [], []],
    [undefined, [ALIAS], ['remove 2/32 access:nlbs']],
    [undefined, [held('access'), held('server', SERVER)], ['remove 2/32 access', 'remove 3/32 server']],
    [ALIAS, [ALIAS, held('server', SERVER)], ['remove 3/32 server']],
    [ALIAS, [held('access', ACCESS, 24)], ['add 2/32 access:nlbs', 'remove 2/24 access']],
    [ALIAS, [held('access')], ['remove 2/32 access', 'add 2/32 access:nlbs']],
    [
      ALIAS,
      [held('server', SERVER), held('access')],
      ['remove 2/32 access', 'add 2/32 access:nlbs', 'remove 3/32 server'],
    ],
    [undefined, [held('access', ACCESS, 24, '10.77.1.11')], []],
    [ALIAS, [ALIAS, held('access', ACCESS, 24, '10.77.1.11')], []],
  ];
  for (const [wanted, actual, changes] of cases) {
    const made = reconcileAlias(NLBS, wanted, actual);
    t.same(
      made.map(
        ({ change, address: { ifindex, prefixLength, label } }) => `${change} ${ifindex}/${prefixLength} ${label}`,
      ),
      changes,
    );
  }
});
