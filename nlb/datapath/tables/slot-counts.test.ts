import fc from 'fast-check';
import t from 'tap';
import { CONSTANTS } from '../program/layout.ts';
import { held, serverIn } from './slot.ts';
import { countSlots } from './slot-counts.ts';

const SLOTS = 8;
const { NO_SERVER } = CONSTANTS;
const content = fc
  .constantFrom(0, 1, 2, NO_SERVER)
  .chain((id) => fc.boolean().map((isHeld) => (isHeld ? held(id) : id)));
const changes = fc.array(fc.tuple(fc.nat(SLOTS - 1), content), { maxLength: 4 });
const serversIn = (row: Uint16Array): Set<number> => new Set(Array.from(row, serverIn).filter((id) => id >= 0));

t.test('who leaves a row and who joins it is what all its slots say', async () => {
  fc.assert(
    fc.property(fc.array(content, { minLength: SLOTS, maxLength: SLOTS }), fc.array(changes), (first, steps) => {
      const row = Uint16Array.from(first);
      const counts = countSlots(row);
      return steps.every((step) => {
        const before = serversIn(row);
        const { leaving, joining } = counts.change(new Map(step));
        for (const [slot, content] of step) row[slot] = content;
        const after = serversIn(row);
        const without = (some: Set<number>, others: Set<number>) => [...some].filter((id) => !others.has(id)).sort();
        const isAll = (said: number[], is: number[]) => said.sort().join() === is.join();
        return isAll(leaving, without(before, after)) && isAll(joining, without(after, before));
      });
    }),
    { numRuns: 2000 },
  );
});

t.test('a slot without a server, held or not, is nobody’s', async (t) => {
  const counts = countSlots(Uint16Array.of(NO_SERVER, held(3)));
  t.same(counts.change(new Map([[0, held(NO_SERVER)]])), { leaving: [], joining: [] });
  t.same(counts.change(new Map([[1, NO_SERVER]])), { leaving: [3], joining: [] });
});
