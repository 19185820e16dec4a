import t from 'tap';
import { inPieces } from './ring-block.ts';

t.test('memory in pieces is each time other memory, however much is wanted', async (t) => {
  const allocate = inPieces(8);
  const parts = [3, 5, 1, 20, 0, 7].map((bytes) => allocate(bytes));
  for (const [index, part] of parts.entries()) part.fill(index + 1);
  t.same(
    parts.map((part) => [...part]),
    [[1, 1, 1], [2, 2, 2, 2, 2], [3], Array(20).fill(4), [], Array(7).fill(6)],
  );
  t.equal(parts[0]?.buffer, parts[1]?.buffer, 'what fits is in one piece');
});
