import { createHmac } from 'node:crypto';
import t from 'tap';
import { ahead } from './ahead.ts';

const secret = Buffer.alloc(32, 7).toString('base64');

/** Of the node `nlb2`: 1000 messages were sent, and 500 of the receiver's heard by each subnet. */
function beat({ version = 4, tag = 1 } = {}): Buffer {
  const fixed = Buffer.alloc(72);
  fixed.write('NLBP');
  fixed[4] = version;
  fixed.writeBigUInt64BE(1000n, 57);
  fixed[71] = 4;
  const field = Buffer.alloc(34);
  field[0] = tag;
  field[1] = 32;
  field.writeBigUInt64BE(500n, 18);
  field.writeBigUInt64BE(500n, 26);
  return Buffer.concat([fixed, Buffer.from('nlb2'), field, Buffer.of(9, 1, 3), Buffer.alloc(32)]);
}

t.test('a beat that is ahead says that more was heard, is news, and proves its sender', async (t) => {
  const made = Buffer.from(ahead(beat(), secret, 100));
  t.equal(made.length, beat().length);
  t.same(
    [57, 94, 102].map((at) => made.readBigUInt64BE(at)),
    [1100n, 600n, 600n],
  );
  const rest = (bytes: Buffer) => [bytes.subarray(0, 57), bytes.subarray(65, 94), bytes.subarray(110, -32)];
  t.same(rest(made), rest(beat()), 'all else is as it was');
  const proof = createHmac('sha256', Buffer.alloc(32, 7)).update(made.subarray(0, -32)).digest();
  t.same(made.subarray(-32), proof);
});

t.test('none is made of a beat that does not say what was heard', async (t) => {
  t.throws(() => ahead(beat({ version: 3 }), secret, 100), /version 3/);
  t.throws(() => ahead(beat({ tag: 2 }), secret, 100), /nothing of what was heard/);
});
