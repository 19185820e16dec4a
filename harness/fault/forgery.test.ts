import t from 'tap';
import { forge, type Recordings } from './forgery.ts';
import { randomFrom } from './random.ts';

const beat = (fill: number) => Uint8Array.from({ length: 120 }, (_, at) => (at < 5 ? at + 1 : fill));
const from: Recordings = { toVictim: [beat(10), beat(11)], byOtherPath: [beat(20)], byVictim: [beat(30)] };
const isOne = (payload: Uint8Array, list: readonly Uint8Array[]) =>
  list.some((each) => Buffer.compare(each, payload) === 0);

const made = () => {
  const random = randomFrom(5);
  return Array.from({ length: 4000 }, (_, number) => forge(number, from, random));
};

t.test('there are forgeries of every reason, each as its reason says', async (t) => {
  const byReason = Map.groupBy(made(), ({ reasons }) => reasons.join());
  const [noBeat, notBelieved] = ['foreign,truncated,oversized,no beat', 'forged,replayed,stale,wrong path'];
  t.same([...byReason.keys()].toSorted(), [noBeat, notBelieved, 'reflected', 'version'].toSorted());
  const payloads = (reason: string) => byReason.get(reason)?.map(({ payload }) => payload) ?? [];
  const named = (payload: Uint8Array) => [1, 2, 3, 4].every((byte, at) => payload[at] === byte);
  const sized = ({ length }: Uint8Array) => length >= 105 && length <= 512;
  const isBeat = (payload: Uint8Array) => sized(payload) && named(payload) && payload[4] === 5;
  t.notOk(payloads(noBeat).some(isBeat));
  for (const [what, is] of Object.entries({
    foreign: (payload: Uint8Array) => sized(payload) && !named(payload),
    truncated: ({ length }: Uint8Array) => length < 105,
    oversized: ({ length }: Uint8Array) => length > 512 && length <= 1472,
  }))
    t.ok(payloads(noBeat).some(is), what);
  t.ok(payloads('version').every((payload) => sized(payload) && named(payload) && payload[4] !== 5));
  t.ok(payloads(notBelieved).every(isBeat));
  for (const [what, is] of Object.entries({
    forged: (payload: Uint8Array) => !isOne(payload, from.toVictim) && !isOne(payload, from.byOtherPath),
    replayed: (payload: Uint8Array) => isOne(payload, from.toVictim),
    'wrong path': (payload: Uint8Array) => isOne(payload, from.byOtherPath),
  }))
    t.ok(payloads(notBelieved).some(is), what);
  t.ok(payloads('reflected').every((payload) => isOne(payload, from.byVictim)));
});

t.test('recordings stay as they are, and the same seed makes the same forgeries', async (t) => {
  const before = from.toVictim.map((each) => Uint8Array.from(each));
  t.same(made(), made());
  t.same(from.toVictim, before);
});
