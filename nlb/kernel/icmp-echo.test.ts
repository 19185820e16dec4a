import t from 'tap';
import { decodeEchoReply, encodeEchoRequest } from './icmp-echo.ts';

/** An IPv4 header of 20 bytes, as far as it is looked at, with the message behind it. */
function packet(message: Buffer, { protocol = 1, source = [192, 0, 2, 7] } = {}): Buffer {
  const header = Buffer.alloc(20);
  header.writeUInt8(0x45, 0);
  header.writeUInt8(protocol, 9);
  header.set(source, 12);
  return Buffer.concat([header, message]);
}

/** What a host makes of a request: the type becomes 0, and the checksum grows by the difference. */
function replyTo(request: Buffer): Buffer {
  const reply = Buffer.from(request);
  reply.writeUInt8(0, 0);
  const sum = reply.readUInt16BE(2) + 0x0800;
  reply.writeUInt16BE((sum & 0xffff) + (sum >>> 16), 2);
  return reply;
}

const request = encodeEchoRequest({ identifier: 0x1234, sequence: 7 });

t.test('a request is type 8, code 0, with identifier and sequence in network order', async (t) => {
  t.same([...request.subarray(0, 2), ...request.subarray(4, 8)], [8, 0, 0x12, 0x34, 0, 7]);
});

t.test('a reply is given with its sender', async (t) => {
  t.same(decodeEchoReply(packet(replyTo(request))), { source: '192.0.2.7', identifier: 0x1234, sequence: 7 });
});

t.test('anything else is nothing', async (t) => {
  const damaged = replyTo(request);
  damaged[10] = (damaged[10] ?? 0) ^ 1;
  const cases: [what: string, packet: Buffer][] = [
    ['a request', packet(request)],
    ['another protocol', packet(replyTo(request), { protocol: 17 })],
    ['a wrong checksum', packet(damaged)],
    ['cut off', packet(replyTo(request)).subarray(0, 25)],
    ['no header', Buffer.alloc(0)],
    ['a header length that is too small', Buffer.concat([Buffer.from([0x44]), packet(replyTo(request)).subarray(1)])],
  ];
  for (const [what, bytes] of cases) t.equal(decodeEchoReply(bytes), undefined, what);
});
