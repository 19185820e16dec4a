import t from 'tap';
import { reconcileLoopback } from './loopback.ts';

const LO = 1;
const ours = (address: string) => ({ ifindex: LO, address, prefixLength: 32, label: 'lo:nlb' });
const theirs = (address: string, ifindex = LO) => ({ ifindex, address, prefixLength: 32, label: 'lo' });

t.test('what is missing is added, and what is no longer wanted is removed, if it is ours', async (t) => {
  const cases: [desired: string[], actual: ReturnType<typeof ours>[], changes: string[]][] = [
    [['203.0.113.10'], [], ['add 203.0.113.10']],
    [['203.0.113.10'], [ours('203.0.113.10')], []],
    [['203.0.113.10'], [theirs('203.0.113.10')], []],
    [['203.0.113.10'], [theirs('203.0.113.10', 2)], ['add 203.0.113.10', 'remove 203.0.113.10']],
    [
      ['203.0.113.10'],
      [ours('203.0.113.10'), theirs('203.0.113.10', 2), theirs('10.77.1.11', 2)],
      ['remove 203.0.113.10'],
    ],
    [[], [ours('203.0.113.10'), theirs('127.0.0.1'), theirs('203.0.113.11')], ['remove 203.0.113.10']],
    [['203.0.113.11'], [ours('203.0.113.10')], ['add 203.0.113.11', 'remove 203.0.113.10']],
  ];
  for (const [desired, actual, changes] of cases) {
    const made = reconcileLoopback(desired, actual, LO).map(({ change, address }) => `${change} ${address.address}`);
    t.same(made, changes);
  }
  t.match(reconcileLoopback(['203.0.113.10'], [], LO)[0]?.address, ours('203.0.113.10'));
});
