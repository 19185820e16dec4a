import path from 'node:path';
import t from 'tap';
import { checkerNames } from './claim.ts';
import { checkerFiles, loadCheckers } from './load.ts';

const relative = () => checkerFiles().map((file) => path.relative(import.meta.dirname, file));

t.test('every file of the room and of its invariants may declare checkers, but for tests', async (t) => {
  const files = relative();
  t.ok(files.includes('arp.ts'));
  t.ok(files.includes('invariants/scripts.ts'));
  t.same(
    files.filter((file) => file.includes('.test.') || !file.endsWith('.ts')),
    [],
  );
  t.same(files, files.toSorted(), 'in order');
});

t.test('once they are loaded, every claim finds its checker', async (t) => {
  await loadCheckers();
  for (const name of ['answersWith', 'noneLost', 'except', 'allScriptsInOrder'])
    t.ok(checkerNames().includes(name), name);
});
