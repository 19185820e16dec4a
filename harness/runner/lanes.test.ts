import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { aloneFirst, inLanes, roomBy } from './lanes.ts';

/** Runs so many groups, and gives how many ran at once at the most, and what came of them. */
async function run(count: number, lanes: { always: number; most: number }, hasRoom: () => Promise<boolean>) {
  let [running, atOnce] = [0, 0];
  const work = async (group: number): Promise<number> => {
    running += 1;
    atOnce = Math.max(atOnce, running);
    await pause(5);
    running -= 1;
    return group * 2;
  };
  const groups = Array.from({ length: count }, (_, number) => number);
  return { results: await inLanes(groups, lanes, work, hasRoom, async () => {}), atOnce };
}

const doubled = (count: number): number[] => Array.from({ length: count }, (_, number) => number * 2);

t.test('a third runs beside two while there is room, and not otherwise', async (t) => {
  const lanes = { always: 2, most: 3 };
  const soon = async (): Promise<boolean> => pause(1, true);
  const never = async (): Promise<boolean> => pause(1, false);
  t.same(await run(10, lanes, soon), { results: doubled(10), atOnce: 3 });
  t.same(await run(10, lanes, never), { results: doubled(10), atOnce: 2 });
});

t.test('beside those that are to be alone nothing runs', async (t) => {
  const running = new Set<number>();
  const beside: [number, number][] = [];
  const isAlone = (group: number): boolean => group % 3 === 0;
  const work = async (group: number): Promise<number> => {
    for (const other of running) beside.push([other, group]);
    running.add(group);
    await pause(2);
    running.delete(group);
    return group * 2;
  };
  const groups = Array.from({ length: 9 }, (_, number) => number);
  const results = await aloneFirst(groups, isAlone, { always: 2, most: 2 }, work, async () => true);
  t.same(results, doubled(9), 'in the order of the groups');
  t.ok(beside.length > 0, 'the others run beside each other');
  t.notOk(beside.flat().some(isAlone));
});

t.test('where a number is asked for, it is that many, and nobody looks for room', async (t) => {
  const refuse = (): Promise<boolean> => {
    throw new Error('asked');
  };
  t.same(await run(10, { always: 4, most: 4 }, refuse), { results: doubled(10), atOnce: 4 });
  t.same(await run(1, { always: 4, most: 4 }, refuse), { results: [0], atOnce: 1 });
  t.same(await run(0, { always: 2, most: 3 }, refuse), { results: [], atOnce: 0 });
});

t.test('there is room where somebody waits for a processor in less than 15 % of the time', async (t) => {
  const waiting = (shareOf: number) => {
    const beganMs = performance.now();
    return roomBy(() => (performance.now() - beganMs) * 1000 * shareOf, 30)();
  };
  t.equal(await waiting(0.1), true);
  t.equal(await waiting(0.2), false);
  t.equal(await roomBy(() => undefined, 1e9)(), true, 'where the kernel does not say, as many as may be');
});
