import t from 'tap';
import { echoRequest, isReply } from './echo.ts';

const answerTo = (request: Buffer): Buffer => {
  const packet = Buffer.concat([Buffer.alloc(20), request]);
  packet[20] = 0;
  return packet;
};

t.test('an echo fills a frame of Ethernet, and its checksum is right', async (t) => {
  const request = echoRequest(0x1_0007);
  t.equal(request.length + 20, 1500);
  t.equal(request[0], 8);
  t.equal(request.readUInt16BE(4), 7);
  let sum = 0;
  for (let at = 0; at < request.length; at += 2) sum += request.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  t.equal(sum, 0xffff);
});

t.test('only the whole answer to that very request is one', async (t) => {
  const request = echoRequest(7);
  t.ok(isReply(answerTo(request), request));
  t.notOk(isReply(answerTo(request).subarray(0, 1400), request), 'a part of it');
  t.notOk(isReply(answerTo(echoRequest(8)), request), 'somebody else’s');
  t.notOk(isReply(Buffer.concat([Buffer.alloc(20), request]), request), 'the request itself');
});
