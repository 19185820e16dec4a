import fc from 'fast-check';
import t from 'tap';
import {
  broadcastOf,
  contains,
  formatCidr,
  formatIpv4,
  isUnicast,
  overlap,
  parseCidr,
  parseIpv4,
  subnetOf,
} from './ipv4.ts';

t.test('an address and its number', async (t) => {
  const known: [string, number][] = [
    ['0.0.0.0', 0],
    ['0.0.1.0', 256],
    ['10.77.1.11', 172_818_699],
    ['255.255.255.255', 4_294_967_295],
  ];
  for (const [text, value] of known) {
    t.equal(parseIpv4(text), value);
    t.equal(formatIpv4(value), text);
  }
});

t.test('what is not a dotted quad is not read', async (t) => {
  for (const text of [
    '',
    '10.0.0',
    '10.0.0.256',
    '10.0.0.01',
    '10.0.0.1.2',
    ' 10.0.0.1',
    '10.0.0.1\n',
    '1e1.0.0.1',
    '::1',
  ]) {
    t.equal(parseIpv4(text), undefined, JSON.stringify(text));
  }
  for (const text of ['10.0.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/08', '10.0.0.0/-1']) {
    t.equal(parseCidr(text), undefined, text);
  }
});

t.test('the edges of a subnet are inside, their neighbours outside', async (t) => {
  const subnet = subnetOf(parseIpv4('10.77.1.200') ?? 0, 25);
  t.equal(formatCidr(subnet.network, subnet.prefixLength), '10.77.1.128/25');
  t.equal(formatIpv4(broadcastOf(subnet)), '10.77.1.255');
  t.same(
    [-1, 0, 127, 128].map((offset) => contains(subnet, subnet.network + offset)),
    [false, true, true, false],
  );
});

t.test('two subnets overlap if they have an address in common', async () => {
  const subnet = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 24, max: 32 }));
  const addresses = ([host, prefixLength]: [number, number]) => {
    const mask = 256 - 2 ** (32 - prefixLength);
    return Array.from({ length: 256 }, (_, other) => other).filter((other) => (other & mask) === (host & mask));
  };
  fc.assert(
    fc.property(subnet, subnet, (a, b) => {
      const naive = addresses(a).some((address) => addresses(b).includes(address));
      return overlap(subnetOf(...a), subnetOf(...b)) === naive;
    }),
  );
});

t.test('loopback, multicast and reserved addresses are not for stations', async (t) => {
  const verdicts = ['0.1.2.3', '127.0.0.1', '223.255.255.255', '224.0.0.18', '255.255.255.255', '10.0.0.1'];
  t.same(
    verdicts.map((text) => isUnicast(parseIpv4(text) ?? 0)),
    [false, false, true, false, false, true],
  );
});
