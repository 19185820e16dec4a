import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import t from 'tap';
import { quotas } from '../balance/quotas.ts';
import { type Moves, openMinimalMove } from './minimal-move.ts';

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
      [1, 0],
      [3, 0],
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
  [
    'many connections in a slot count as what they are',
    [0, 0, 0, 0],
    [1, 1],
    [70_000, 2_000_000_000, 1024, 0],
    [
      [2, 1],
      [3, 1],
    ],
  ],
  ['there need be no server', [-1, -1], [], [0, 0], []],
];

const textOf = ({ slots, to }: Moves): [number, number][] => Array.from(slots, (slot, at) => [slot, to[at] ?? -1]);

t.test('literal cases', async (t) => {
  for (const [title, owners, weights, live, moves] of CASES) {
    const mover = openMinimalMove(owners.length);
    const owned = mover.index(Int32Array.from(owners), weights.length);
    t.same(textOf(mover.move(owned, weights, Uint32Array.from(live))), moves, title);
    t.same(textOf(mover.move(owned, weights, Uint32Array.from(live))), [], 'and then nothing is left to do');
  }
});

t.test('there is a weight for each server', async (t) => {
  const mover = openMinimalMove(2);
  t.throws(() => mover.move(mover.index(Int32Array.of(0, 1), 2), [1], new Uint32Array(2)), RangeError);
});

/** By the definition, with no index: sort each owner's slots, and hand what is given out by turns. */
function plainMoves(owners: readonly number[], weights: readonly number[], live: Uint32Array): [number, number][] {
  const quota = quotas(weights, owners.length);
  const nobodys = owners.length - quota.reduce((sum, own) => sum + own, 0);
  const had = (server: number) => [...owners.keys()].filter((slot) => owners[slot] === server);
  const wants = (server: number) => quota[server] ?? nobodys;
  const servers = [...weights.keys(), -1];
  const given = servers.flatMap((server) => {
    const idlestFirst = had(server).sort((a, b) => (live[a] ?? 0) - (live[b] ?? 0) || a - b);
    return idlestFirst.slice(0, Math.max(0, idlestFirst.length - wants(server)));
  });
  const rounds = servers.flatMap((server) =>
    Array.from({ length: Math.max(0, wants(server) - had(server).length) }, (_, round) => ({ round, server })),
  );
  const takers = rounds.sort((a, b) => a.round - b.round);
  return given.sort((a, b) => a - b).map((slot, at) => [slot, takers[at]?.server ?? -1]);
}

const weight = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1000 }));
const liveIn = fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 1100 }), fc.nat({ max: 2 ** 31 - 1 }));
const histories = fc.tuple(fc.nat({ max: 12 }), fc.integer({ min: 1, max: 80 })).chain(([servers, slots]) =>
  fc.record({
    owners: fc.array(fc.integer({ min: -1, max: servers }), { minLength: slots, maxLength: slots }),
    changes: fc.array(
      fc.record({
        weights: fc.array(weight, { minLength: servers, maxLength: servers }),
        live: fc.array(liveIn, { minLength: slots, maxLength: slots }),
      }),
      { minLength: 1, maxLength: 8 },
    ),
  }),
);

t.test('change after change, the moves are those of the plain definition', async (t) => {
  const asDefined = fc.property(histories, ({ owners: first, changes }) => {
    const servers = changes[0]?.weights.length ?? 0;
    const mover = openMinimalMove(first.length);
    const owned = mover.index(Int32Array.from(first), servers);
    const owners = first.map((owner) => (owner < servers ? owner : -1));
    for (const { weights, live } of changes) {
      const counts = Uint32Array.from(live);
      const wanted = plainMoves(owners, weights, counts);
      if (!isDeepStrictEqual(textOf(mover.move(owned, weights, counts)), wanted)) return false;
      for (const [slot, to] of wanted) owners[slot] = to;
      const quota = quotas(weights, owners.length);
      if (!weights.every((_, server) => owners.filter((owner) => owner === server).length === quota[server]))
        return false;
    }
    return true;
  });
  const outcome = fc.check(asDefined, { numRuns: 500 });
  t.comment(`seed ${outcome.seed}`);
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? '500 histories');
});

t.test('selections that share a mover do not disturb each other', async (t) => {
  const mover = openMinimalMove(6);
  const [one, other] = [mover.index(new Int32Array(6), 2), mover.index(new Int32Array(6).fill(1), 3)];
  const live = Uint32Array.of(0, 1, 2, 3, 4, 5);
  const first = mover.move(one, [1, 1], live);
  t.same(textOf(mover.move(other, [1, 1, 1], live)), [
    [0, 0],
    [1, 2],
    [2, 0],
    [3, 2],
  ]);
  t.same(
    textOf(first),
    [
      [0, 1],
      [1, 1],
      [2, 1],
    ],
    'what came before stays as it was',
  );
  t.same(textOf(mover.move(one, [1, 0], live)), [
    [0, 0],
    [1, 0],
    [2, 0],
  ]);
});
