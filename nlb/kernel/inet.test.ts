import t from 'tap';
import { bytesToQuad, macToOctets, octetsToMac, quadToBytes } from './inet.ts';

t.test('addresses go to octets and back', async (t) => {
  t.same([...quadToBytes('10.77.1.255')], [10, 77, 1, 255]);
  t.equal(bytesToQuad(Uint8Array.of(203, 0, 113, 10, 99)), '203.0.113.10');
  t.same([...macToOctets('02:00:00:01:00:0B')], [2, 0, 0, 1, 0, 11]);
  t.equal(octetsToMac(Uint8Array.of(2, 0, 0, 1, 0, 255, 7)), '02:00:00:01:00:ff');
});

t.test('text that is no address is refused', async (t) => {
  for (const text of ['', '10.77.1', '10.77.1.256', '10.77.1.1.1', ' 10.77.1.1', '10.77.1.x']) {
    t.throws(() => quadToBytes(text), RangeError, text);
  }
  for (const text of ['', '02:00:00:01:00', '02:00:00:01:00:0g', '02-00-00-01-00-0b', '02:00:00:01:00:0b:00']) {
    t.throws(() => macToOctets(text), RangeError, text);
  }
});
