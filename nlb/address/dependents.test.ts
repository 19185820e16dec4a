import t from 'tap';
import { dependentsOf } from './dependents.ts';

const held = (address: string, prefixLength = 24, ifindex = 2, secondary = false) => ({
  ifindex,
  address,
  prefixLength,
  ...(secondary && { secondary: true as const }),
});

t.test('on the first address of a subnet the later ones depend, and on no other', async (t) => {
  const first = held('10.77.1.100');
  const later = held('10.77.1.11', 24, 2, true);
  const cases: [
    of: ReturnType<typeof held>,
    among: ReturnType<typeof held>[],
    dependents: ReturnType<typeof held>[],
  ][] = [
    [first, [first, later], [later]],
    [later, [first, later], []],
    [held('10.77.1.100', 32), [held('10.77.1.11', 24), later], []],
    [first, [first, held('10.77.2.11', 24, 2, true)], []],
    [first, [first, held('10.77.1.11', 24, 3, true)], []],
    [first, [first, held('10.77.1.11', 25, 2, true)], []],
    [held('0.0.0.1', 0), [held('255.0.0.1', 0, 2, true)], [held('255.0.0.1', 0, 2, true)]],
  ];
  for (const [of, among, dependents] of cases) t.same(dependentsOf(of, among), dependents);
});
