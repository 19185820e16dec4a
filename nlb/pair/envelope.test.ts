import { createHmac } from 'node:crypto';
import t from 'tap';
import { open, seal } from './envelope.ts';
import { type Keys, makeKeys } from './keys.ts';

const secret = Buffer.alloc(32, 7);
const other = Buffer.alloc(32, 8);
const body = Buffer.from('a beat');
const keys = makeKeys([secret]);

t.test('a datagram is a header, the message, and an HMAC-SHA-256 over both', async (t) => {
  for (const version of [3, 4] as const) {
    const said = Buffer.concat([Buffer.from('NLBP'), Buffer.of(version), body]);
    const mac = createHmac('sha256', secret).update(said).digest();
    t.same(Buffer.from(seal(body, version, keys)), Buffer.concat([said, mac]));
    t.same(open(seal(body, version, keys), keys), { body: Uint8Array.from(body), version });
  }
});

t.test('a sealed message is opened by whoever has its key among two, and by nobody else', async (t) => {
  const sealed = seal(body, 3, keys);
  for (const secrets of [[secret], [secret, other], [other, secret]])
    t.same(open(sealed, makeKeys(secrets)), { body: Uint8Array.from(body), version: 3 });
  for (const secrets of [[other], [], [Buffer.alloc(32, 6), other]])
    t.same(open(sealed, makeKeys(secrets)), { rejected: 'forged' });
  t.same(
    open(seal(body, 3, makeKeys([])), makeKeys([])),
    { body: Uint8Array.from(body), version: 3 },
    'two that go without a key',
  );
});

t.test('a datagram that is not of the pair is refused, with the reason', async (t) => {
  const good = Buffer.from(seal(body, 3, keys));
  const changed = (at: number) => Buffer.from(good.map((byte, i) => (i === at ? byte ^ 1 : byte)));
  const cases: [string, Uint8Array, string][] = [
    ['nothing', Buffer.alloc(0), 'truncated'],
    ['header without a MAC', good.subarray(0, 36), 'truncated'],
    ['no message between the two', good.subarray(0, 37), 'forged'],
    ['513 bytes', Buffer.alloc(513), 'oversized'],
    ['65,507 bytes', Buffer.concat([good, Buffer.alloc(65_507 - good.length)]), 'oversized'],
    ['another magic number', changed(0), 'foreign'],
    ['another version', changed(4), 'version'],
    ['a message that was changed', changed(6), 'forged'],
    ['a MAC whose last bit was changed', changed(good.length - 1), 'forged'],
    ['one byte more', Buffer.concat([good, Buffer.of(0)]), 'forged'],
    ['one byte less', good.subarray(0, -1), 'forged'],
  ];
  for (const [what, datagram, refused] of cases) t.same(open(datagram, keys), { rejected: refused }, what);
});

t.test('no HMAC is spent on what has not the length, the magic number and the version of ours', async (t) => {
  let verified = 0;
  const counting: Keys = { ...keys, verify: (message, mac) => ++verified > 0 && keys.verify(message, mac) };
  const good = Buffer.from(seal(body, 3, keys));
  open(Buffer.alloc(36), counting);
  open(Buffer.alloc(513), counting);
  for (const at of [0, 4]) open(Buffer.from(good.map((byte, i) => (i === at ? 0 : byte))), counting);
  t.equal(verified, 0);
  open(good, counting);
  t.equal(verified, 1);
});
