import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import t from 'tap';
import { encodeArp } from './arp.ts';
import { encodeEthernet } from './ethernet.ts';
import type { PcapngPacket } from './pcapng.ts';
import { readPcapng } from './pcapng-reader.ts';
import { pcapngHeader, pcapngPacket } from './pcapng-writer.ts';

const TIME_NS = 1_700_000_000_123_456_789n;

function arp(senderIp: string): Uint8Array {
  const addresses = { senderMac: '02:00:00:00:00:01', targetMac: '00:00:00:00:00:00', targetIp: '10.0.0.9' };
  const header = { destination: 'ff:ff:ff:ff:ff:ff', source: '02:00:00:00:00:01', etherType: 0x0806 };
  return encodeEthernet(header, encodeArp({ operation: 'request', senderIp, ...addresses }));
}

const PACKETS: PcapngPacket[] = [
  { interface: 1, timeNs: TIME_NS, direction: 'incoming', bytes: arp('10.0.0.1') },
  { interface: 0, timeNs: TIME_NS + 1n, direction: 'outgoing', bytes: arp('10.0.0.2') },
  { interface: 0, timeNs: TIME_NS + 2n, bytes: arp('10.0.0.3') },
];

function file(names: string[], packets: PcapngPacket[]): Uint8Array {
  return Buffer.concat([pcapngHeader(names), ...packets.map(pcapngPacket)]);
}

t.test('what was written is read back', async (t) => {
  const packet = fc.record(
    {
      interface: fc.integer({ min: 0, max: 2 }),
      timeNs: fc.bigInt({ min: 0n, max: 2n ** 63n }),
      direction: fc.constantFrom('incoming', 'outgoing'),
      bytes: fc.uint8Array({ maxLength: 300 }),
      wireBytes: fc.constant(1500),
    },
    { requiredKeys: ['interface', 'timeNs', 'bytes'], noNullPrototype: true },
  ) as fc.Arbitrary<PcapngPacket>;
  const names = fc.array(fc.string({ maxLength: 20 }), { minLength: 3, maxLength: 3 });
  const property = fc.property(names, fc.array(packet, { maxLength: 10 }), (interfaces, packets) => {
    assert.deepEqual(readPcapng(file(interfaces, packets)), { interfaces, packets });
  });
  const outcome = fc.check(property, { numRuns: 300 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});

const version = spawnSync('tcpdump', ['--version'], { encoding: 'utf8' });
const skip = version.error ? `tcpdump cannot be run: ${version.error.message}` : false;

function tcpdump(t: { testdir(): string }, ...options: string[]) {
  const path = join(t.testdir(), 'packets.pcapng');
  writeFileSync(path, file(['access', 'server'], PACKETS));
  return spawnSync('tcpdump', ['-nn', '-r', path, ...options], { encoding: 'utf8' });
}

t.test('tcpdump reads every packet, with its time to the nanosecond', { skip }, async (t) => {
  const run = tcpdump(t, '-tt', '--time-stamp-precision=nano');
  t.strictSame(run.stdout.trimEnd().split('\n'), [
    '1700000000.123456789 ARP, Request who-has 10.0.0.9 tell 10.0.0.1, length 28',
    '1700000000.123456790 ARP, Request who-has 10.0.0.9 tell 10.0.0.2, length 28',
    '1700000000.123456791 ARP, Request who-has 10.0.0.9 tell 10.0.0.3, length 28',
  ]);
  t.match(run.stderr, /link-type EN10MB/);
});

t.test('the layout is that of the specification, byte by byte', async (t) => {
  const bytes = file(
    ['lan'],
    [{ interface: 0, timeNs: 0x1_0000_0002n, direction: 'outgoing', bytes: Uint8Array.of(9) }],
  );
  const expected = [
    '0a0d0d0a 1c000000 4d3c2b1a 01000000 ffffffffffffffff 1c000000',
    '01000000 28000000 01000000 00000000 02000300 6c616e00 09000100 09000000 00000000 28000000',
    '06000000 30000000 00000000 01000000 02000000 01000000 01000000 09000000 02000400 02000000 00000000 30000000',
  ];
  t.equal(Buffer.from(bytes).toString('hex'), expected.join('').replaceAll(' ', ''));
});

t.test('files of the other byte order, in microseconds, with blocks not known here are read', async (t) => {
  const hex = [
    '0a0d0d0a 0000001c 1a2b3c4d 00010000 ffffffffffffffff 0000001c',
    '00000bad 00000010 00000000 00000010',
    '00000001 00000014 00010000 00000000 00000014',
    '00000006 00000024 00000000 00000000 00000005 00000001 00000001 09000000 00000024',
  ];
  const read = readPcapng(Uint8Array.from(Buffer.from(hex.join('').replaceAll(' ', ''), 'hex')));
  t.strictSame(read, { interfaces: [''], packets: [{ interface: 0, timeNs: 5000n, bytes: Uint8Array.of(9) }] });
});

t.test('a second section numbers its interfaces anew', async (t) => {
  const packet = { interface: 0, timeNs: 1n, bytes: Uint8Array.of(9) };
  const both = Buffer.concat([file(['access'], [packet]), file(['server'], [packet])]);
  t.strictSame(readPcapng(both), { interfaces: ['access', 'server'], packets: [packet, { ...packet, interface: 1 }] });
});

t.test('what comes before damage is given, with the reason', async (t) => {
  const whole = file(['access', 'server'], PACKETS);
  t.match(readPcapng(whole.subarray(0, -4)), { packets: PACKETS.slice(0, 2), malformed: /does not fit/ });
  t.match(readPcapng(Uint8Array.from([...whole, 1, 2, 3, 4])), { packets: PACKETS, malformed: /cut short/ });
  t.match(readPcapng(new Uint8Array(40)), { packets: [], malformed: /not a pcapng file/ });
  t.match(readPcapng(file([], PACKETS)), { packets: [], malformed: /names no interface/ });
});

t.test('any bytes are read without an error', async (t) => {
  const whole = file(['access', 'server'], PACKETS);
  const damaged = fc.array(fc.tuple(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 0, max: 255 })), {
    maxLength: 8,
  });
  const property = fc.property(damaged, (changes) => {
    const bytes = Uint8Array.from(whole);
    for (const [at, value] of changes) bytes[at] = value;
    readPcapng(bytes);
  });
  const outcome = fc.check(property, { numRuns: 3000 });
  t.notOk(outcome.failed, fc.defaultReportMessage(outcome) ?? `seed ${outcome.seed}`);
});
