import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { encodeEthernet, untaggedEtherType } from './ethernet.ts';
import { decodeFrame } from './frame.ts';
import { encodeIpv4 } from './ipv4.ts';
import { encodeTcp } from './tcp.ts';
import { encodeUdp } from './udp.ts';

const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });

function inEthernet(etherType: number, payload: Uint8Array) {
  return encodeEthernet({ destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01', etherType }, payload);
}

t.test('any bytes are decoded without an error, and so is every cut of a sound frame', async (t) => {
  const start = fc.constantFrom(
    [],
    [0x08, 0x00, 0x45],
    [0x08, 0x00, 0x4f],
    [0x81, 0x00],
    [0x08, 0x06, 0, 1, 8, 0, 6, 4],
  );
  const hostile = fc
    .tuple(octets(12), start, fc.uint8Array({ maxLength: 200 }))
    .map((parts) => parts.flatMap((part) => [...part]));
  const property = fc.property(hostile, (bytes) => {
    const decoded = decodeFrame(Uint8Array.from(bytes));
    assert.ok(decoded.network || decoded.malformed, 'either understood or explained');
  });
  const outcome = fc.check(property, { numRuns: 5000 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);

  const ends = { source: '10.0.0.1', destination: '10.0.0.2' };
  const tcp = encodeTcp({
    ...ends,
    sourcePort: 1,
    destinationPort: 2,
    sequence: 1,
    flags: ['syn'],
    options: new Uint8Array(8),
  });
  const frame = inEthernet(0x0800, encodeIpv4({ ...ends, protocol: 6, options: new Uint8Array(4) }, tcp));
  for (let length = 0; length < frame.length; length++)
    t.type(decodeFrame(frame.subarray(0, length)).malformed, 'string');
  t.equal(decodeFrame(frame).malformed, undefined);
});

t.test('what is wrong is said', async (t) => {
  const bytes = (hex: string) =>
    Uint8Array.from(Buffer.from(`0200000000020200000000 01${hex}`.replaceAll(' ', ''), 'hex'));
  const cases: [string, string][] = [
    ['', 'Ethernet header cut short: 12 bytes'],
    ['8100 0001', 'VLAN tag cut short'],
    ['8100 0001 8100 0002 8100 0003 0800', 'more than two VLAN tags'],
    ['0806 0001', 'ARP cut short: 2 bytes'],
    [`0806 0006 ${'00'.repeat(26)}`, 'ARP that is not for IPv4 over Ethernet'],
    ['0800 45', 'IPv4 header cut short: 1 bytes'],
    ['0800 45000014 00', 'IPv4 header cut short: 5 bytes'],
    [`0800 65 ${'00'.repeat(19)}`, 'IPv4 header of version 6'],
    [`0800 44 ${'00'.repeat(19)}`, 'IPv4 header length 16'],
    [`0800 46 ${'00'.repeat(19)}`, 'IPv4 options cut short: 20 of 24 bytes'],
    [`0800 45 ${'00'.repeat(19)}`, 'IPv4 total length 0 is less than its header'],
    [`0800 45000020 ${'00'.repeat(16)}`, 'IPv4 total length 32, but 20 bytes'],
    [`0800 4500001c 00000000 0011 ${'00'.repeat(18)}`, 'UDP length 0 in 8 bytes'],
    [`0800 4500001b 00000000 0011 ${'00'.repeat(17)}`, 'UDP header cut short: 7 bytes'],
    [`0800 45000028 00000000 0006 ${'00'.repeat(30)}`, 'TCP header length 0 in 20 bytes'],
    [
      `0800 4500001c 00000000 0070 ${'00'.repeat(10)} 31000001 ${'00'.repeat(4)}`,
      'VRRP with 1 addresses, but room for 0',
    ],
    ['0003 fe', 'LLC header cut short: 1 bytes'],
  ];
  for (const [hex, reason] of cases) t.equal(decodeFrame(bytes(hex)).malformed, reason);
});

t.test('a first fragment shows its ports, a later one does not pretend to have any', async (t) => {
  const ends = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 17 };
  const udp = encodeUdp({ ...ends, sourcePort: 5, destinationPort: 7, payload: new Uint8Array(2000) });
  const first = decodeFrame(inEthernet(0x0800, encodeIpv4({ ...ends, moreFragments: true }, udp.subarray(0, 1480))));
  t.equal(first.malformed, undefined);
  t.match(first.network, { transport: { kind: 'udp', destinationPort: 7, length: 2008, checksum: 'unknown' } });
  const later = decodeFrame(inEthernet(0x0800, encodeIpv4({ ...ends, fragmentOffset: 1480 }, udp.subarray(1480))));
  t.match(later.network, { fragmentOffset: 1480, transport: undefined });
});

t.test('IEEE 802.3 frames are told apart by their service access point', async (t) => {
  const isIs = inEthernet(3, Uint8Array.of(0xfe, 0xfe, 0x03));
  t.strictSame(decodeFrame(isIs).network, { kind: 'llc', destinationServiceAccessPoint: 0xfe });
  t.equal(untaggedEtherType(inEthernet(0x0806, new Uint8Array())), 0x0806);
});
