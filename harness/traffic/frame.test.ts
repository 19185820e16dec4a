import fc from 'fast-check';
import t from 'tap';
import { decodeAnswer, decodeRequest, encodeAnswer, encodeRequest, FrameReader, isIntact, toFrame } from './frame.ts';

const u32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const request = fc.record({ flow: u32, sequence: u32, bytes: fc.integer({ min: 8, max: 3000 }) });

t.test('an answer, byte for byte', async (t) => {
  const answer = encodeAnswer('web', encodeRequest(1, 258, 8));
  t.equal(toFrame(answer).toString('hex'), '0000000c' + '03' + '776562' + '00000001' + '00000102');
});

t.test('a request has its length, its numbers, and is intact', async () => {
  fc.assert(
    fc.property(request, ({ flow, sequence, bytes }) => {
      const encoded = encodeRequest(flow, sequence, bytes);
      const numbers = decodeRequest(encoded);
      return encoded.length === bytes && numbers?.flow === flow && numbers.sequence === sequence && isIntact(encoded);
    }),
  );
});

t.test('a request longer than the pattern is filled to its end', async (t) => {
  const long = encodeRequest(7, 9, 200_000);
  t.ok(isIntact(long));
  t.ok(new Set(long.subarray(190_000)).size > 200);
});

t.test('a change of any one byte is seen, by the numbers or by the filling', async () => {
  const change = fc.record({ request, at: fc.nat(), by: fc.integer({ min: 1, max: 255 }) });
  fc.assert(
    fc.property(change, ({ request: { flow, sequence, bytes }, at, by }) => {
      const encoded = encodeRequest(flow, sequence, bytes);
      const where = at % bytes;
      encoded[where] = (encoded[where] ?? 0) ^ by;
      const numbers = decodeRequest(encoded);
      const sameNumbers = numbers?.flow === flow && numbers.sequence === sequence;
      return where < 8 ? !sameNumbers : sameNumbers && !isIntact(encoded);
    }),
  );
});

t.test('requests with other numbers are filled otherwise', async (t) => {
  const fillingOf = (flow: number, sequence: number) => encodeRequest(flow, sequence, 24).toString('hex', 8);
  const numbers = Array.from({ length: 20 }, (_, index) => index);
  const fillings = numbers.flatMap((flow) => numbers.map((sequence) => fillingOf(flow, sequence)));
  t.equal(new Set(fillings).size, fillings.length);
});

t.test('an answer gives back the name and the request', async () => {
  const name = fc.string({ maxLength: 60 });
  fc.assert(
    fc.property(name, fc.uint8Array({ maxLength: 100 }), (server, bytes) => {
      const answer = decodeAnswer(encodeAnswer(server, bytes));
      return answer?.server === Buffer.from(server).toString() && answer.request.equals(bytes);
    }),
  );
});

t.test('what is too short is not read', async (t) => {
  t.equal(decodeRequest(Buffer.alloc(7)), undefined);
  t.equal(decodeAnswer(Buffer.of(3, 0x77, 0x65)), undefined);
  t.equal(decodeAnswer(Buffer.alloc(0)), undefined);
});

t.test('a stream is cut into the same messages, however it arrives', async () => {
  const messages = fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 10 });
  fc.assert(
    fc.property(messages, fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 1 }), (sent, sizes) => {
      const stream = Buffer.concat(sent.map(toFrame));
      const reader = new FrameReader();
      const got: Buffer[] = [];
      for (let at = 0, turn = 0; at < stream.length; turn += 1) {
        const size = sizes[turn % sizes.length] ?? 1;
        got.push(...reader.push(stream.subarray(at, at + size)));
        at += size;
      }
      return got.length === sent.length && got.every((message, index) => message.equals(sent[index] ?? Buffer.of(0)));
    }),
  );
});

t.test('a length that cannot be one is an error, not a wait for a gigabyte', async (t) => {
  t.throws(() => new FrameReader().push(Buffer.from('GET / HTTP/1.1\r\n')), RangeError);
});
