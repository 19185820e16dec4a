import assert from 'node:assert/strict';
import fc from 'fast-check';
import t, { type Test } from 'tap';
import { encodeArp } from './arp.ts';
import { encodeEthernet } from './ethernet.ts';
import { decodeFrame } from './frame.ts';
import { encodeIcmp } from './icmp.ts';
import { encodeIpv4 } from './ipv4.ts';
import { encodeTcp } from './tcp.ts';
import { encodeUdp } from './udp.ts';
import { encodeVrrp } from './vrrp.ts';

/** A record with the prototype of a literal, so that it equals what decoders make. */
function record<T>(model: { [Key in keyof T]: fc.Arbitrary<T[Key]> }): fc.Arbitrary<T> {
  return fc.record<T>(model, { noNullPrototype: true });
}
const octets = (count: number) => fc.uint8Array({ minLength: count, maxLength: count });
const ip = octets(4).map((bytes) => bytes.join('.'));
const mac = octets(6).map((bytes) => Array.from(bytes, (octet) => octet.toString(16).padStart(2, '0')).join(':'));
const word = fc.integer({ min: 0, max: 0xffff });
const octet = fc.integer({ min: 0, max: 0xff });
const double = fc.integer({ min: 0, max: 0xffff_ffff });
const payload = fc.uint8Array({ maxLength: 1500 });
const options = fc.integer({ min: 0, max: 10 }).chain((words) => octets(words * 4));
const tag = record({
  tpid: fc.constantFrom(0x8100, 0x88a8),
  id: fc.integer({ min: 0, max: 4095 }),
  priority: fc.integer({ min: 0, max: 7 }),
  dropEligible: fc.boolean(),
});

/** Check a property on generated cases; the seed is in the name of the assertion. */
function holds<T>(t: Test, property: fc.IPropertyWithHooks<T>): void {
  const outcome = fc.check(property, { numRuns: 300 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
}

const ENDS = { destination: '02:00:00:00:00:02', source: '02:00:00:00:00:01' };

function inEthernet(etherType: number, payload: Uint8Array) {
  return encodeEthernet({ ...ENDS, etherType }, payload);
}

t.test('Ethernet with no, one or two tags comes back as it was', async (t) => {
  const header = record({
    destination: mac,
    source: mac,
    vlans: fc.array(tag, { maxLength: 2 }),
    etherType: fc.constant(0x88b5),
  });
  const property = fc.property(header, payload, (header, payload) => {
    const decoded = decodeFrame(encodeEthernet(header, payload));
    assert.deepEqual(decoded.ethernet, header);
    assert.deepEqual(decoded.network, { kind: 'other', etherType: 0x88b5 });
    assert.equal(decoded.malformed, undefined);
  });
  holds(t, property);
});

t.test('ARP comes back as it was', async (t) => {
  const operation = fc.constantFrom<'request' | 'reply' | number>('request', 'reply', 3, 0xffff);
  const arp = record({ operation, senderMac: mac, senderIp: ip, targetMac: mac, targetIp: ip });
  const property = fc.property(arp, (arp) => {
    assert.deepEqual(decodeFrame(inEthernet(0x0806, encodeArp(arp))).network, { kind: 'arp', ...arp });
  });
  holds(t, property);
});

const internet = record({
  source: ip,
  destination: ip,
  ttl: octet,
  identification: word,
  typeOfService: octet,
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: fc.integer({ min: 0, max: 0x1fff }).map((units) => units * 8),
  options,
});

t.test('IPv4 with options and as a fragment comes back as it was, without the padding of the frame', async (t) => {
  const property = fc.property(internet, payload, octets(7), (header, payload, padding) => {
    const packet = encodeIpv4({ ...header, protocol: 200 }, payload);
    const frame = inEthernet(0x0800, Uint8Array.from([...packet, ...padding]));
    const { network, malformed } = decodeFrame(frame);
    assert.equal(malformed, undefined);
    assert.partialDeepStrictEqual(network, {
      kind: 'ipv4',
      ...header,
      protocol: 200,
      totalLength: packet.length,
      headerChecksum: 'good',
    });
    assert.deepEqual(network?.kind === 'ipv4' && [network.bytes, network.payload], [packet, payload]);
  });
  holds(t, property);
});

/** The transport that comes out of a frame with this payload. */
function through(ends: { source: string; destination: string }, protocol: number, payload: Uint8Array) {
  const decoded = decodeFrame(inEthernet(0x0800, encodeIpv4({ ...ends, protocol }, payload)));
  return decoded.network?.kind === 'ipv4' && !decoded.malformed ? decoded.network.transport : undefined;
}

const ends = record({ source: ip, destination: ip });

t.test('UDP comes back as it was, with a good checksum', async (t) => {
  const udp = record({ sourcePort: word, destinationPort: word, payload });
  const property = fc.property(ends, udp, (ends, udp) => {
    const expected = { kind: 'udp', ...udp, length: udp.payload.length + 8, checksum: 'good' };
    assert.deepEqual(through(ends, 17, encodeUdp({ ...ends, ...udp })), expected);
  });
  holds(t, property);
});

t.test('TCP with any flags and options comes back as it was, with a good checksum', async (t) => {
  const flags = fc.subarray(['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr'] as const);
  const ports = { sourcePort: word, destinationPort: word };
  const tcp = record({
    ...ports,
    sequence: double,
    acknowledgement: double,
    flags,
    window: word,
    urgent: word,
    options,
    payload,
  });
  const property = fc.property(ends, tcp, (ends, tcp) => {
    assert.deepEqual(through(ends, 6, encodeTcp({ ...ends, ...tcp })), { kind: 'tcp', ...tcp, checksum: 'good' });
  });
  holds(t, property);
});

t.test('ICMP comes back as it was, and errors with the packet that they quote', async (t) => {
  const icmp = record({ type: fc.constantFrom(0, 8, 13), code: octet, rest: double, payload });
  const property = fc.property(ends, icmp, (ends, icmp) => {
    assert.deepEqual(through(ends, 1, encodeIcmp(icmp)), { kind: 'icmp', ...icmp, checksum: 'good' });
  });
  holds(t, property);

  const ends4 = { source: '203.0.113.10', destination: '198.51.100.10' };
  const quoted = encodeIpv4({ ...ends4, protocol: 6 }, new Uint8Array(1400)).subarray(0, 28);
  const error = encodeIcmp({ type: 3, code: 4, rest: 1300, payload: quoted });
  t.match(through({ source: '10.77.1.1', destination: '203.0.113.10' }, 1, error), { quoted: ends4, rest: 1300 });
});

t.test('VRRP of both versions comes back as it was, with a good checksum', async (t) => {
  const common = { virtualRouterId: octet, priority: octet, addresses: fc.array(ip, { maxLength: 20 }) };
  const seconds = fc.integer({ min: 1, max: 255 }).map((count) => count * 1000);
  const centiseconds = fc.integer({ min: 1, max: 4095 }).map((count) => count * 10);
  const two = record({ version: fc.constant(2 as const), ...common, intervalMs: seconds });
  const three = record({ version: fc.constant(3 as const), ...common, intervalMs: centiseconds });
  const property = fc.property(ends, fc.oneof(two, three), (ends, vrrp) => {
    const expected = { kind: 'vrrp', type: 1, ...vrrp, checksum: 'good' };
    assert.deepEqual(through(ends, 112, encodeVrrp({ ...ends, ...vrrp })), expected);
  });
  holds(t, property);
});

t.test('one wrong bit in what a checksum covers is noticed', async (t) => {
  const ends = { source: '10.77.1.2', destination: '224.0.0.18' };
  const ports = { sourcePort: 1, destinationPort: 2 };
  const cases: [number, Uint8Array][] = [
    [17, encodeUdp({ ...ends, ...ports, payload: Uint8Array.of(1, 2, 3) })],
    [6, encodeTcp({ ...ends, ...ports, sequence: 1, flags: ['syn'] })],
    [1, encodeIcmp({ type: 8, code: 0, rest: 1, payload: Uint8Array.of(1, 2, 3) })],
    [112, encodeVrrp({ ...ends, version: 2, virtualRouterId: 1, priority: 1, intervalMs: 1000, addresses: [] })],
    [112, encodeVrrp({ ...ends, version: 3, virtualRouterId: 1, priority: 1, intervalMs: 1000, addresses: [] })],
  ];
  for (const [protocol, message] of cases) {
    t.match(through(ends, protocol, message), { checksum: 'good' });
    message[1] = (message[1] ?? 0) ^ 4;
    t.match(through(ends, protocol, message), { checksum: 'bad' });
  }
  const packet = encodeIpv4({ ...ends, protocol: 200 }, new Uint8Array());
  packet[8] = 1;
  t.match(decodeFrame(inEthernet(0x0800, packet)).network, { headerChecksum: 'bad' });
});

t.test('a published packet has the checksums that others computed for it', async (t) => {
  // The example header of the IPv4 checksum in RFC 1071 practice: 4500 0073 0000 4000 4011 b861 c0a8 0001 c0a8 00c7.
  const ends = { source: '192.168.0.1', destination: '192.168.0.199' };
  const packet = encodeIpv4({ ...ends, protocol: 17, dontFragment: true }, new Uint8Array(95));
  t.equal(Buffer.from(packet.subarray(0, 20)).toString('hex'), '45000073000040004011b861c0a80001c0a800c7');
});

t.test('builders refuse what no frame can hold', async (t) => {
  const ends = { source: '10.0.0.1', destination: '10.0.0.2', protocol: 1 };
  t.throws(() => encodeEthernet({ ...ENDS, source: '02:00', etherType: 1 }, new Uint8Array()), RangeError);
  t.throws(() => encodeIpv4({ ...ends, source: '10.0.0.256' }, new Uint8Array()), RangeError);
  t.throws(() => encodeIpv4({ ...ends, options: new Uint8Array(3) }, new Uint8Array()), RangeError);
  t.throws(() => encodeIpv4({ ...ends, fragmentOffset: 7 }, new Uint8Array()), RangeError);
  t.throws(() => encodeIpv4(ends, new Uint8Array(65_516)), RangeError);
});
