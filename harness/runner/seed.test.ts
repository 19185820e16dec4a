import t from 'tap';
import { chooseSeed } from './seed.ts';

t.test('a seed is the one that was given, or is drawn', async (t) => {
  t.equal(chooseSeed('17'), 17);
  const drawn = new Set(Array.from({ length: 20 }, () => chooseSeed(undefined)));
  t.ok(drawn.size > 1, 'not always the same');
  for (const seed of drawn) t.equal(chooseSeed(String(seed)), seed, 'what was drawn can be given');
  for (const bad of ['', '0', '-1', '1.5', 'seven']) t.throws(() => chooseSeed(bad), bad);
});
