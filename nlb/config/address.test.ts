import fc from 'fast-check';
import t from 'tap';
import { bytesToIpv4, bytesToMac, ipv4ToBytes, macToBytes, parseIpv4 } from './address.ts';

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });

t.test('octets become text and come back', async (t) => {
  const ipv4 = fc.check(
    fc.property(octets(4), (bytes) => {
      const address = parseIpv4(bytesToIpv4(bytes));
      return address !== undefined && Buffer.compare(ipv4ToBytes(address), bytes) === 0;
    }),
  );
  const mac = fc.check(fc.property(octets(6), (bytes) => Buffer.compare(macToBytes(bytesToMac(bytes)), bytes) === 0));
  t.comment(`seeds ${ipv4.seed} ${mac.seed}`);
  t.notOk(ipv4.failed, 'IPv4');
  t.notOk(mac.failed, 'hardware addresses');
  t.equal(bytesToMac(Uint8Array.of(2, 0, 0, 1, 0, 11)), '02:00:00:01:00:0b');
});

t.test('text that is no address is undefined', async (t) => {
  for (const text of ['', '10.77.1', '10.77.1.256', '10.77.1.01', '10.77.1.1 ', '10.77.1.1/24', '::1']) {
    t.equal(parseIpv4(text), undefined, JSON.stringify(text));
  }
});

t.test('a wrong number of octets is refused', async (t) => {
  t.throws(() => bytesToIpv4(Uint8Array.of(1, 2, 3)), RangeError);
  t.throws(() => bytesToMac(Uint8Array.of(1, 2, 3, 4, 5, 6, 7)), RangeError);
});
