import t from 'tap';
import { forge, type Recordings } from './forgery.ts';
import { randomFrom } from './random.ts';

const beat = (fill: number) => Uint8Array.from({ length: 103 }, (_, at) => (at < 5 ? at + 1 : fill));
const from: Recordings = { toVictim: [beat(10), beat(11)], byOtherPath: [beat(20)], byVictim: [beat(30)] };
const isOne = (payload: Uint8Array, list: readonly Uint8Array[]) =>
  list.some((each) => Buffer.compare(each, payload) === 0);

const made = () => {
  const random = randomFrom(5);
  return Array.from({ length: 4000 }, (_, number) => forge(number, from, random));
};

t.test('there are forgeries of every reason, each as its reason says', async (t) => {
  const byReason = Map.groupBy(made(), ({ reasons }) => reasons.join());
  const reasons = [
    'foreign',
    'forged',
    'oversized',
    'reflected',
    'replayed,stale',
    'truncated',
    'version',
    'wrong path',
  ];
  t.same([...byReason.keys()].toSorted(), reasons);
  const every = (reason: string, is: (payload: Uint8Array) => boolean) =>
    t.ok(
      byReason.get(reason)?.every(({ payload }) => is(payload)),
      reason,
    );
  const named = (payload: Uint8Array) => [1, 2, 3, 4].every((byte, at) => payload[at] === byte);
  const sized = ({ length }: Uint8Array) => length >= 37 && length <= 512;
  every('foreign', (payload) => sized(payload) && !named(payload));
  every('version', (payload) => sized(payload) && named(payload) && payload[4] !== 5);
  every('forged', (payload) => sized(payload) && named(payload) && payload[4] === 5 && !isOne(payload, from.toVictim));
  every('truncated', ({ length }) => length < 37);
  every('oversized', ({ length }) => length > 512 && length <= 1472);
  every('replayed,stale', (payload) => isOne(payload, from.toVictim));
  every('wrong path', (payload) => isOne(payload, from.byOtherPath));
  every('reflected', (payload) => isOne(payload, from.byVictim));
});

t.test('recordings stay as they are, and the same seed makes the same forgeries', async (t) => {
  const before = from.toVictim.map((each) => Uint8Array.from(each));
  t.same(made(), made());
  t.same(from.toVictim, before);
});
