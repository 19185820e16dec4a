import t from 'tap';
import { LruMap } from './lru-map.ts';

t.test('the entry that was written longest ago is evicted', async (t) => {
  const evicted: number[] = [];
  const map = new LruMap<number>(3, (value) => evicted.push(value));
  for (const [name, value] of [
    ['a', 1],
    ['b', 2],
    ['c', 3],
    ['a', 4],
    ['d', 5],
  ] as const)
    map.set(name, value);
  t.same(
    [...map],
    [
      ['c', 3],
      ['a', 4],
      ['d', 5],
    ],
  );
  map.delete('c');
  map.set('e', 6);
  t.same([...map.keys()], ['a', 'd', 'e']);
  t.same(evicted, [2], 'evictions are reported, and nothing else');
});
