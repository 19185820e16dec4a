import t from 'tap';
import { summarise } from './summary.ts';

t.test('a summary gives measured figures only, by nearest rank', async (t) => {
  const table: [number[], { min: number; median: number; p99: number; max: number }][] = [
    [[7], { min: 7, median: 7, p99: 7, max: 7 }],
    [[4, 1, 3, 2], { min: 1, median: 2, p99: 4, max: 4 }],
    [Array.from({ length: 100 }, (_, i) => 100 - i), { min: 1, median: 50, p99: 99, max: 100 }],
  ];
  for (const [sample, expected] of table) t.same(summarise(sample), { count: sample.length, ...expected });
});

t.test('of an empty sample nothing is said', async (t) => {
  t.throws(() => summarise([]), { message: 'nothing was measured' });
});
