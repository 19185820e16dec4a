import t from 'tap';
import { decodeArpFrame, encodeArpFrame } from './arp-packet.ts';

const REPLY =
  '02000001000b' +
  '020000010064' +
  '0806' +
  '0001080006040002' +
  '020000010064' +
  '0a4d0164' +
  '02000001000b' +
  '0a4d010b';
const reply = {
  operation: 'reply',
  senderMac: '02:00:00:01:00:64',
  senderIp: '10.77.1.100',
  targetMac: '02:00:00:01:00:0b',
  targetIp: '10.77.1.11',
  sourceMac: '02:00:00:01:00:64',
} as const;

t.test('a reply is written and read octet by octet (RFC 826)', async (t) => {
  t.equal(encodeArpFrame('02:00:00:01:00:0b', reply).toString('hex'), REPLY);
  t.same(decodeArpFrame(Buffer.from(`${REPLY}00000000`, 'hex')), reply, 'padding does not matter');
});

t.test('what is no ARP for IPv4 on Ethernet is not read', async (t) => {
  const frame = (): Buffer => Buffer.from(REPLY, 'hex');
  t.equal(decodeArpFrame(frame().subarray(0, 41)), undefined, 'cut off');
  for (const [offset, meaning] of [
    [12, 'ethertype'],
    [14, 'hardware type'],
    [18, 'address length'],
    [21, 'operation'],
  ] as const) {
    const wrong = frame();
    wrong.writeUInt8(9, offset);
    t.equal(decodeArpFrame(wrong), undefined, meaning);
  }
});
