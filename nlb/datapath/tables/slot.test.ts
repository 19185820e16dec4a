import t from 'tap';
import { held, isHeld, serverIn } from './slot.ts';
import { serversIn } from './tables.ts';

t.test('a slot has a server or none, and is held or not', async (t) => {
  for (const [content, server, isMarked] of [
    [0, 0, false],
    [32_766, 32_766, false],
    [-1, -1, false],
    [0x7fff, -1, false],
    [held(0), 0, true],
    [held(32_766), 32_766, true],
    [held(-1), -1, true],
    [held(held(5)), 5, true],
  ] as const)
    t.same([serverIn(content), isHeld(content)], [server, isMarked], String(content));
  t.equal(held(-1), 0xffff);
});

t.test('the servers of a selection are those of held slots, too', async (t) => {
  t.same([...serversIn(Int32Array.of(3, -1, held(1), held(-1), 3))], [1, 3]);
});
