import fc from 'fast-check';
import t from 'tap';
import { buildTable } from '../balance/maglev.ts';
import { quotas } from '../balance/quotas.ts';
import { minimalMove } from './minimal-move.ts';

type Case = [title: string, owners: number[], weights: number[], live: number[], moves: [slot: number, to: number][]];

const CASES: Case[] = [
  ['nothing changes where quotas are met', [0, 1, 0, 1], [1, 1], [9, 9, 9, 9], []],
  [
    'a server that joins gets its share, of the slots with the fewest connections',
    [0, 0, 0, 0],
    [1, 1],
    [5, 0, 7, 1],
    [
      [1, 1],
      [3, 1],
    ],
  ],
  [
    'of slots with as many connections the first are given',
    [0, 0, 0, 0],
    [1, 1],
    [3, 3, 3, 3],
    [
      [0, 1],
      [1, 1],
    ],
  ],
  [
    'a server without weight gives all',
    [0, 1, 0, 1],
    [1, 0],
    [0, 8, 0, 4],
    [
      [3, 0],
      [1, 0],
    ],
  ],
  [
    'what one gives goes to many by turns',
    [0, 0, 0, 0, 0, 0],
    [1, 1, 1],
    [0, 1, 2, 3, 4, 5],
    [
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 2],
    ],
  ],
  [
    'slots of nobody, and of a server that is in the list no more, are given',
    [-1, 7, 0, 0],
    [1, 1],
    [0, 0, 0, 0],
    [
      [0, 1],
      [1, 1],
    ],
  ],
  [
    'without any weight all are nobody’s',
    [0, 1, -1],
    [0, 0],
    [0, 0, 0],
    [
      [0, -1],
      [1, -1],
    ],
  ],
  ['there need be no server', [-1, -1], [], [0, 0], []],
];

t.test('literal cases', async (t) => {
  for (const [title, owners, weights, live, moves] of CASES)
    t.same(
      minimalMove(Int32Array.from(owners), weights, Uint32Array.from(live)).map(({ slot, to }) => [slot, to]),
      moves,
      title,
    );
});

const cases = fc
  .record({
    weights: fc.array(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1000 })), { minLength: 1, maxLength: 12 }),
    slots: fc.array(fc.record({ owner: fc.integer({ min: -1, max: 12 }), live: fc.nat({ max: 9 }) }), {
      minLength: 1,
      maxLength: 60,
    }),
  })
  .map(({ weights, slots }) => ({
    weights,
    owners: Int32Array.from(slots, ({ owner }) => (owner < weights.length ? owner : -1)),
    live: Uint32Array.from(slots, ({ live }) => live),
  }));

const slotsOf = (owners: Int32Array, server: number) => owners.filter((owner) => owner === server).length;

/** Of the slots that one owner had, none that it keeps has fewer connections than one that it gave. */
function givesTheIdlest(owners: Int32Array, live: Uint32Array, given: ReadonlySet<number>): boolean {
  return [...new Set(owners)].every((server) => {
    const [gave, kept]: [number[], number[]] = [[], []];
    for (const [slot, owner] of owners.entries())
      if (owner === server) (given.has(slot) ? gave : kept).push(live[slot] ?? 0);
    return Math.max(...gave, 0) <= Math.min(...kept, Number.POSITIVE_INFINITY);
  });
}

t.test(
  'quotas are met, by half the sum of the differences, and whoever gives keeps what has most connections',
  async (t) => {
    const minimal = fc.property(cases, ({ weights, owners, live }) => {
      const moves = minimalMove(owners, weights, live);
      const after = Int32Array.from(owners);
      for (const { slot, to } of moves) after[slot] = to;
      const servers = [-1, ...weights.keys()];
      const quota = quotas(weights, owners.length);
      const want = servers.map((server) => quota[server] ?? owners.length - quota.reduce((sum, own) => sum + own, 0));
      const half =
        servers.reduce((sum, server, at) => sum + Math.abs((want[at] ?? 0) - slotsOf(owners, server)), 0) / 2;
      const given = new Set(moves.map(({ slot }) => slot));
      return (
        servers.every((server, at) => slotsOf(after, server) === want[at]) &&
        moves.length === half &&
        given.size === half &&
        givesTheIdlest(owners, live, given)
      );
    });
    const outcome = fc.check(minimal, { numRuns: 300 });
    t.comment(`seed ${outcome.seed}`);
    t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? '300 cases');
  },
);

t.test('a change of weights of 1,000 servers in 65,537 slots', async (t) => {
  const weights = Array.from({ length: 1000 }, (_, index) => 1 + (index % 7));
  const owners = buildTable(weights.map((weight, index) => ({ name: `server${index}`, weight })));
  const live = Uint32Array.from(owners, (owner, slot) => (owner * 31 + slot * 17) % 40);
  const changed = weights.map((weight, index) => (index % 20 === 0 ? weight + 2 : weight));
  const tookMs: number[] = [];
  let moved = 0;
  for (let round = 0; round < 20; round++) {
    const beganMs = performance.now();
    moved = minimalMove(owners, changed, live).length;
    tookMs.push(performance.now() - beganMs);
  }
  const median = tookMs.toSorted((a, b) => a - b)[10] ?? 0;
  t.comment(`${moved} slots change owner; ${median.toFixed(2)} ms, the first time ${tookMs[0]?.toFixed(2)} ms`);
  t.ok(moved > 0 && moved < owners.length / 10);
});
