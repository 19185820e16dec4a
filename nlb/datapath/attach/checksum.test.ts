import t from 'tap';
import { bytesOf, IP, IP_TCP, TCP, TO_US, UDP } from '../kit/frames.ts';
import { fillInChecksum } from './checksum.ts';

/** By hand: the sum of the pseudo-header's words is that of c633 6402 cb00 710a, of the protocol, and of the length. */
const PSEUDO = { tcp: 0x665b, udp: 0x6662 } as const;
const FIELD = { tcp: 50, udp: 40 } as const;
const frames = {
  tcp: bytesOf(`${TO_US} ${IP_TCP} ${TCP}`),
  udp: bytesOf(`${TO_US} ${IP} ${UDP}`),
};

function withChecksum(protocol: 'tcp' | 'udp', checksum: number): Buffer {
  const frame = Buffer.from(frames[protocol]);
  frame.writeUInt16BE(checksum, FIELD[protocol]);
  return frame;
}

for (const protocol of ['tcp', 'udp'] as const)
  t.test(
    `of ${protocol} the sum of the pseudo-header is made the whole checksum, and nothing else is touched`,
    async (t) => {
      const partial = withChecksum(protocol, PSEUDO[protocol]);
      fillInChecksum(partial);
      const whole = partial.readUInt16BE(FIELD[protocol]);
      let sum = PSEUDO[protocol];
      for (let at = 34; at < partial.length; at += 2) sum += partial.readUInt16BE(at);
      while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
      t.equal(sum, 0xffff);
      t.ok(partial.equals(withChecksum(protocol, whole)), 'the other octets are as they were');
      for (const stays of [whole, 0x1234, 0]) {
        const frame = withChecksum(protocol, stays);
        fillInChecksum(frame);
        t.equal(frame.readUInt16BE(FIELD[protocol]), stays);
      }
    },
  );

t.test('a fragment has no checksum of its own, and a frame that is cut short none at all', async (t) => {
  const fragment = withChecksum('udp', PSEUDO.udp);
  fragment.writeUInt16BE(0x2000, 20);
  const short = bytesOf(`${TO_US} ${IP.replace('0024', '0018')} 3039 0035`);
  for (const frame of [fragment, withChecksum('udp', PSEUDO.udp).subarray(0, 38), short, Buffer.alloc(14)]) {
    const before = Buffer.from(frame);
    fillInChecksum(frame);
    t.ok(frame.equals(before));
  }
});
