import fc from 'fast-check';
import t from 'tap';
import { type Beat, decodeBeat, encodeBeat, type Standing, versionOf } from './beat.ts';
import { outranks } from './rank.ts';
import { extensions } from './test-extensions.ts';

const standings: fc.Arbitrary<Standing> = fc.record({
  state: fc.constantFrom('initial', 'active', 'standby', 'inop'),
  fitness: fc.constantFrom('out', 'poor', 'fit'),
  primary: fc.boolean(),
  resigned: fc.boolean(),
  requestsLead: fc.boolean(),
  wantsFailback: fc.boolean(),
  targetsMet: fc.nat(65_535),
  leaseMs: fc.nat(4_294_967_295),
});
const nonces = fc.stringMatching(/^[0-9a-f]{32}$/);
const said = {
  node: fc.stringMatching(/^[a-z0-9]{1,63}$/),
  path: fc.constantFrom('access' as const, 'server' as const),
  boot: nonces,
  challenge: nonces,
  echo: nonces,
  counter: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
};
const beats: fc.Arbitrary<Beat> = fc.record(
  { ...said, standing: standings, extension: extensions },
  { requiredKeys: ['node', 'path', 'boot', 'challenge', 'echo', 'counter'] },
);
const standing: Standing = {
  state: 'active',
  fitness: 'fit',
  primary: true,
  resigned: false,
  requestsLead: true,
  wantsFailback: false,
  targetsMet: 2,
  leaseMs: 30,
};
const beat: Beat = {
  node: 'nlb1',
  path: 'server',
  boot: '1'.repeat(32),
  challenge: '2'.repeat(32),
  echo: '3'.repeat(32),
  counter: 2n,
  standing,
};
const { standing: _, ...challengeReply } = beat;

t.test('a beat has the layout that is drawn, and a challenge reply the same with zeros for a standing', async (t) => {
  const middle = `${'1'.repeat(32)}${'2'.repeat(32)}${'3'.repeat(32)}0000000000000002`;
  t.equal(Buffer.from(encodeBeat(beat)).toString('hex'), `01020205${middle}00020000001e046e6c6231`);
  t.equal(Buffer.from(encodeBeat(challengeReply)).toString('hex'), `01000000${middle}000000000000046e6c6231`);
});

t.test('every beat arrives as it was sent', async (t) => {
  fc.assert(
    fc.property(beats, (each) => t.same(decodeBeat(encodeBeat(each), versionOf(each)), each)),
    { numRuns: 50 },
  );
});

t.test('a beat that is cut, lengthened, or says what no beat says, is none', async (t) => {
  const bytes = encodeBeat(beat);
  for (let length = 0; length < bytes.length; length++) t.equal(decodeBeat(bytes.subarray(0, length), 3), undefined);
  t.equal(decodeBeat(Buffer.concat([bytes, Buffer.of(0)]), 3), undefined);
  for (const [at, value] of [
    [0, 2],
    [1, 5],
    [1, 0],
    [2, 3],
    [3, 16],
    [66, 5],
  ] as const) {
    const changed = Buffer.from(bytes);
    changed[at] = value;
    t.equal(decodeBeat(changed, 3), undefined, `byte ${at} is ${value}`);
  }
});

t.test('version 4 is version 3 with an extension area behind it, which may be empty', async (t) => {
  const bytes = encodeBeat(beat);
  t.same(encodeBeat({ ...beat, extension: {} }), bytes);
  t.same(decodeBeat(bytes, 4), { ...beat, extension: {} });
  const extended = encodeBeat({ ...beat, extension: { leaseKeptMs: 258 } });
  t.equal(Buffer.from(extended.subarray(bytes.length)).toString('hex'), '040400000102');
  t.equal(decodeBeat(extended, 3), undefined, 'which no version 3 has');
  t.equal(decodeBeat(extended.subarray(0, -1), 4), undefined, 'cut');
  for (let length = 0; length < bytes.length; length++) t.equal(decodeBeat(bytes.subarray(0, length), 4), undefined);
});

t.test('of two nodes exactly one outranks the other, and both agree', async () => {
  fc.assert(
    fc.property(standings, standings, (a, b) => {
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
    ...standing,
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
