import fc from 'fast-check';
import t from 'tap';
import { decodeExtension, type Extension, encodeExtension } from './extension.ts';
import { extensions } from './test-extensions.ts';

const unknown = fc
  .tuple(fc.integer({ min: 7, max: 255 }), fc.uint8Array({ maxLength: 30 }))
  .map(([tag, value]) => Buffer.from([tag, value.length, ...value]));

t.test('what an extension area says arrives as it was said', async (t) => {
  fc.assert(fc.property(extensions, (each) => t.same(decodeExtension(encodeExtension(each)), each)));
});

t.test('each field has the layout that is drawn', async (t) => {
  const layouts: [Extension, string][] = [
    [
      { heard: { boot: 'ab'.repeat(16), access: 1n, server: 2n } },
      `0120${'ab'.repeat(16)}00000000000000010000000000000002`,
    ],
    [{ accessMac: '02:00:00:00:00:0b' }, '020602000000000b'],
    [{ digest: { 1: '01020304', 7: 'a1a2a3a4' } }, '030a010102030407a1a2a3a4'],
    [{ leaseKeptMs: 60_000 }, '04040000ea60'],
    [{ services: { dead: 1, scarce: 258 } }, '050400010102'],
    [{ sync: { reign: 2 ** 48 - 1, isPeerInStep: true, isForced: false } }, '06090000ffffffffffff01'],
    [{ sync: { reign: 0, isPeerInStep: false, isForced: true } }, '0609000000000000000002'],
  ];
  for (const [said, bytes] of layouts) t.equal(Buffer.from(encodeExtension(said)).toString('hex'), bytes);
});

t.test('tags that nobody knows are skipped, wherever they stand', async (t) => {
  fc.assert(
    fc.property(extensions, unknown, unknown, (each, before, after) =>
      t.same(decodeExtension(Buffer.concat([before, encodeExtension(each), after])), each),
    ),
  );
});

t.test('a field that has grown says what it always did; one that is too short says nothing', async (t) => {
  t.same(decodeExtension(Buffer.from('040500000102ff', 'hex')), { leaseKeptMs: 258 });
  t.same(decodeExtension(Buffer.from('0403000001', 'hex')), {});
  t.same(decodeExtension(Buffer.from('0403000001050400010002', 'hex')), { services: { dead: 1, scarce: 2 } });
});

t.test('a flag that nobody knows changes nothing, and a reign that is too large for a number is none', async (t) => {
  const known = { sync: { reign: 7, isPeerInStep: true, isForced: true } };
  t.same(decodeExtension(Buffer.from('06090000000000000007ff', 'hex')), known);
  t.same(decodeExtension(Buffer.from('0609001fffffffffffff00', 'hex'))?.sync?.reign, 2 ** 53 - 1);
  t.same(decodeExtension(Buffer.from('0609002000000000000000', 'hex')), {});
});

t.test('an area that ends within a field is none, and no bytes whatever make the reader throw', async (t) => {
  for (const cut of ['04', '0404', '0404000001', '07000701', 'ff'])
    t.equal(decodeExtension(Buffer.from(cut, 'hex')), undefined);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      const said = decodeExtension(bytes);
      return said === undefined || decodeExtension(encodeExtension(said)) !== undefined;
    }),
    { numRuns: 20_000 },
  );
});
