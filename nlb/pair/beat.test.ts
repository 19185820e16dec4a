import fc from 'fast-check';
import t from 'tap';
import { type Beat, decodeBeat, encodeBeat } from './beat.ts';
import { open, seal } from './envelope.ts';
import { advance, judge, noOrder } from './order.ts';
import { outranks } from './rank.ts';

const beats: fc.Arbitrary<Beat> = fc.record({
  node: fc.stringMatching(/^[a-z0-9]{1,63}$/),
  boot: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  counter: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  state: fc.constantFrom('initial', 'active', 'standby', 'inop'),
  fitness: fc.constantFrom('out', 'poor', 'fit'),
  primary: fc.boolean(),
  resigned: fc.boolean(),
  claims: fc.boolean(),
});
const beat: Beat = {
  node: 'nlb1',
  boot: 1n,
  counter: 2n,
  state: 'active',
  fitness: 'fit',
  primary: true,
  resigned: false,
  claims: true,
};

t.test('a beat has the layout that is drawn', async (t) => {
  t.equal(
    Buffer.from(encodeBeat(beat)).toString('hex'),
    '01020500000000000000000100000000000000020 46e6c6231'.replace(' ', ''),
  );
});

t.test('every beat arrives as it was sent', async () => {
  fc.assert(
    fc.property(beats, (each) => {
      const opened = open(seal(encodeBeat(each)));
      t.ok('body' in opened);
      if ('body' in opened) t.same(decodeBeat(opened.body), each);
    }),
    { numRuns: 50 },
  );
});

t.test('a beat that is cut, lengthened, or says what no beat says, is none', async (t) => {
  const bytes = encodeBeat(beat);
  for (let length = 0; length < bytes.length; length++) t.equal(decodeBeat(bytes.subarray(0, length)), undefined);
  t.equal(decodeBeat(Buffer.concat([bytes, Buffer.of(0)])), undefined);
  for (const [at, value] of [
    [0, 4],
    [1, 3],
    [2, 8],
    [3, 1],
    [20, 5],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed[at] = value;
    t.equal(decodeBeat(changed), undefined, `byte ${at} is ${value}`);
  }
});

t.test('a datagram that is not ours is refused, with the reason', async (t) => {
  const good = Buffer.from(seal(encodeBeat(beat)));
  const changed = (at: number) => Buffer.from(good.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  t.same(open(Buffer.alloc(4)), { refused: 'truncated' });
  t.same(open(Buffer.alloc(513)), { refused: 'oversized' });
  t.same(open(changed(0)), { refused: 'foreign' });
  t.same(open(changed(4)), { refused: 'version' });
});

t.test('only a beat that is newer than all before is news', async (t) => {
  const order = advance(noOrder, { boot: 7n, counter: 5n });
  t.equal(judge(noOrder, { boot: 7n, counter: 5n }), 'fresh');
  t.equal(judge(order, { boot: 7n, counter: 5n }), 'twin');
  t.equal(judge(order, { boot: 7n, counter: 4n }), 'stale');
  t.equal(judge(order, { boot: 7n, counter: 6n }), 'fresh');
  t.equal(advance(order, { boot: 7n, counter: 9n }).missed, 3);
  const restarted = advance(order, { boot: 8n, counter: 1n });
  t.equal(restarted.missed, 0);
  t.equal(judge(restarted, { boot: 7n, counter: 99n }), 'retired');
});

t.test('of two nodes exactly one outranks the other, and both agree', async () => {
  fc.assert(
    fc.property(beats, beats, (a, b) => {
      const [low, high] = [
        { ...a, lowerAddress: true },
        { ...b, lowerAddress: false },
      ];
      return outranks(low, high) !== outranks(high, low);
    }),
  );
});

t.test('who leads is decided in the stated order', async (t) => {
  const equal = {
    ...beat,
    state: 'standby',
    fitness: 'fit',
    primary: false,
    resigned: false,
    lowerAddress: false,
  } as const;
  const better = [
    { fitness: 'fit' },
    { resigned: false },
    { state: 'active' },
    { primary: true },
    { lowerAddress: true },
  ] as const;
  const worse = [
    { fitness: 'poor' },
    { resigned: true },
    { state: 'standby' },
    { primary: false },
    { lowerAddress: false },
  ] as const;
  for (const [i, advantage] of better.entries()) {
    const rest = (list: readonly object[]) => Object.assign({}, ...list.slice(i + 1));
    t.ok(
      outranks({ ...equal, ...rest(worse), ...advantage }, { ...equal, ...rest(better), ...worse[i] }),
      Object.keys(advantage).join(),
    );
  }
});
