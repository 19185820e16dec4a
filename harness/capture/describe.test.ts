import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { BROADCAST_MAC, ZERO_MAC } from './address-text.ts';
import { encodeArp } from './arp.ts';
import { describeFrame } from './describe.ts';
import { encodeEthernet, type VlanTag } from './ethernet.ts';
import { decodeFrame } from './frame.ts';
import { encodeIcmp } from './icmp.ts';
import { encodeIpv4 } from './ipv4.ts';
import { pcapngHeader, pcapngPacket } from './pcapng-writer.ts';
import { encodeTcp, type TcpOptions } from './tcp.ts';
import { encodeUdp } from './udp.ts';
import { encodeVrrp } from './vrrp.ts';

const NEAR = '02:00:00:00:00:01';
const FAR = '02:00:00:00:00:02';
const ENDS = { source: '10.0.0.1', destination: '10.0.0.2' };
const ADVERT = { source: '10.77.1.2', destination: '224.0.0.18' };

function ethernet(etherType: number, payload: Uint8Array, vlans: VlanTag[] = []) {
  return encodeEthernet({ destination: FAR, source: NEAR, vlans, etherType }, payload);
}

function internet(protocol: number, payload: Uint8Array, more: object = {}) {
  return ethernet(0x0800, encodeIpv4({ ...ENDS, protocol, ...more }, payload));
}

function tcp(more: Pick<TcpOptions, 'flags'> & Partial<TcpOptions>) {
  return internet(6, encodeTcp({ ...ENDS, sourcePort: 4711, destinationPort: 9000, sequence: 1000, ...more }));
}

function icmp(type: number, code: number, rest: number, payload: Uint8Array) {
  return internet(1, encodeIcmp({ type, code, rest, payload }));
}

function arp(operation: 'request' | 'reply', targetMac: string, destination = FAR) {
  const payload = encodeArp({ operation, senderMac: NEAR, senderIp: '10.0.0.1', targetMac, targetIp: '10.0.0.2' });
  return encodeEthernet({ destination, source: NEAR, etherType: 0x0806 }, payload);
}

const udp = encodeUdp({ ...ENDS, sourcePort: 5000, destinationPort: 7, payload: new Uint8Array(10) });
const quoted = encodeIpv4({ ...ENDS, protocol: 17 }, udp);
const vrrp = { ...ADVERT, virtualRouterId: 51, priority: 150, intervalMs: 1000, addresses: ['10.77.1.1'] };
const advert = (version: 2 | 3) =>
  ethernet(0x0800, encodeIpv4({ ...ADVERT, protocol: 112, ttl: 255 }, encodeVrrp({ ...vrrp, version })));
const TAG = { tpid: 0x8100, id: 100, priority: 0, dropEligible: false };
const SERVICE_TAG = { tpid: 0x88a8, id: 7, priority: 3, dropEligible: true };

const LINK = `${NEAR} > ${FAR}, ethertype`;

/** Frames that are described in exactly tcpdump's words. */
const ALIKE: [Uint8Array, string][] = [
  [
    arp('request', ZERO_MAC, BROADCAST_MAC),
    `${NEAR} > ${BROADCAST_MAC}, ethertype ARP (0x0806), length 42: Request who-has 10.0.0.2 tell 10.0.0.1, length 28`,
  ],
  [arp('request', FAR), `${LINK} ARP (0x0806), length 42: Request who-has 10.0.0.2 (${FAR}) tell 10.0.0.1, length 28`],
  [arp('reply', FAR), `${LINK} ARP (0x0806), length 42: Reply 10.0.0.1 is-at ${NEAR}, length 28`],
  ...transports([
    [tcp({ flags: ['syn'] }), 'length 54: 10.0.0.1.4711 > 10.0.0.2.9000: Flags [S], seq 1000, win 65535, length 0'],
    [
      tcp({ flags: ['psh', 'ack'], acknowledgement: 9, window: 5, payload: new Uint8Array(10) }),
      'length 64: 10.0.0.1.4711 > 10.0.0.2.9000: Flags [P.], seq 1000:1010, ack 9, win 5, length 10',
    ],
    [
      tcp({ flags: ['rst', 'ack'], acknowledgement: 1 }),
      'length 54: 10.0.0.1.4711 > 10.0.0.2.9000: Flags [R.], seq 1000, ack 1, win 65535, length 0',
    ],
    [tcp({ flags: [] }), 'length 54: 10.0.0.1.4711 > 10.0.0.2.9000: Flags [none], win 65535, length 0'],
    [
      tcp({ flags: ['fin', 'urg', 'ece', 'cwr'], urgent: 3 }),
      'length 54: 10.0.0.1.4711 > 10.0.0.2.9000: Flags [FUEW], seq 1000, win 65535, urg 3, length 0',
    ],
    [internet(17, udp), 'length 52: 10.0.0.1.5000 > 10.0.0.2.7: UDP, length 10'],
    [icmp(8, 0, 0x70003, udp), 'length 60: 10.0.0.1 > 10.0.0.2: ICMP echo request, id 7, seq 3, length 26'],
    [icmp(0, 0, 0x70003, udp), 'length 60: 10.0.0.1 > 10.0.0.2: ICMP echo reply, id 7, seq 3, length 26'],
    [icmp(3, 0, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP net 10.0.0.2 unreachable, length 46'],
    [icmp(3, 1, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP host 10.0.0.2 unreachable, length 46'],
    [
      icmp(3, 4, 1400, quoted),
      'length 80: 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable - need to frag (mtu 1400), length 46',
    ],
    [icmp(11, 0, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP time exceeded in-transit, length 46'],
    [icmp(11, 1, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP ip reassembly time exceeded, length 46'],
    [advert(3), 'length 46: 10.77.1.2 > 224.0.0.18: VRRPv3, Advertisement, vrid 51, prio 150, intvl 100cs, length 12'],
  ]),
  [
    ethernet(0x0806, arp('request', ZERO_MAC).subarray(14), [TAG]),
    `${LINK} 802.1Q (0x8100), length 46: vlan 100, p 0, ethertype ARP (0x0806), Request who-has 10.0.0.2 tell 10.0.0.1, length 28`,
  ],
  [
    ethernet(0x0800, internet(17, udp).subarray(14), [SERVICE_TAG, TAG]),
    `${LINK} 802.1Q-QinQ (0x88a8), length 60: vlan 7, p 3, DEI, ethertype 802.1Q (0x8100), vlan 100, p 0, ethertype IPv4 (0x0800), 10.0.0.1.5000 > 10.0.0.2.7: UDP, length 10`,
  ],
];

/** Frames that tcpdump shows without what matters here. */
const OWN: [Uint8Array, string][] = [
  ...transports([
    [
      internet(17, udp, { moreFragments: true, identification: 9 }),
      'length 52: 10.0.0.1.5000 > 10.0.0.2.7: UDP, length 10, fragment of 9 at 0+',
    ],
    [
      internet(17, udp, { fragmentOffset: 24, identification: 9 }),
      'length 52: 10.0.0.1 > 10.0.0.2: ip-proto-17, fragment of 9 at 24',
    ],
    [internet(200, udp), 'length 52: 10.0.0.1 > 10.0.0.2: ip-proto-200 18'],
    [icmp(3, 13, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP 10.0.0.2 unreachable, code 13, length 46'],
    [icmp(5, 1, 0, quoted), 'length 80: 10.0.0.1 > 10.0.0.2: ICMP type 5 code 1, length 46'],
    [advert(2), 'length 54: 10.77.1.2 > 224.0.0.18: VRRPv2, Advertisement, vrid 51, prio 150, intvl 1s, length 20'],
    [new Uint8Array(internet(6, udp).subarray(0, 20)), 'length 20:  [malformed: IPv4 header cut short: 6 bytes]'],
  ]),
  [new Uint8Array(9), 'frame of 9 bytes [malformed: Ethernet header cut short: 9 bytes]'],
  [ethernet(0x88b5, udp), `${LINK} Unknown (0x88b5), length 32: not decoded`],
  [ethernet(3, Uint8Array.of(0xfe, 0xfe, 3)), `${NEAR} > ${FAR}, 802.3, length 17: LLC, dsap 0xfe`],
];

function transports(cases: [Uint8Array, string][]): [Uint8Array, string][] {
  return cases.map(([frame, line]) => [frame, `${LINK} IPv4 (0x0800), ${line}`]);
}

t.test('a frame is described in one line', async (t) => {
  for (const [frame, line] of [...ALIKE, ...OWN]) t.equal(describeFrame(decodeFrame(frame)), line);
});

const version = spawnSync('tcpdump', ['--version'], { encoding: 'utf8' });
const skip = version.error ? `tcpdump cannot be run: ${version.error.message}` : false;

function tcpdump(file: string, frames: Uint8Array[], ...options: string[]): string[] {
  const packets = frames.map((bytes) => pcapngPacket({ interface: 0, timeNs: 0n, bytes }));
  writeFileSync(file, Buffer.concat([pcapngHeader(['access']), ...packets]));
  const run = spawnSync('tcpdump', ['-nn', '-t', '-r', file, ...options], { encoding: 'utf8' });
  return run.stdout.trimEnd().split('\n');
}

t.test('tcpdump says the same', { skip }, async (t) => {
  const file = join(t.testdir(), 'frames.pcapng');
  const frames = ALIKE.map(([frame]) => frame);
  const lines = ALIKE.map(([, line]) => line);
  t.strictSame(tcpdump(file, frames, '-e', '-S'), lines);
});

t.test('tcpdump finds our checksums right', { skip }, async (t) => {
  const file = join(t.testdir(), 'frames.pcapng');
  const ports = { ...ENDS, sourcePort: 1, destinationPort: 9000 };
  for (const length of [10, 11]) {
    const payload = new Uint8Array(length).fill(200);
    const frames = [
      tcp({ flags: ['ack'], payload }),
      internet(17, encodeUdp({ ...ports, payload })),
      icmp(8, 0, 1, payload),
    ];
    const lines = tcpdump(file, [...frames, advert(2), advert(3)], '-vv');
    t.equal(lines.filter((line) => /sum ok|\(correct\)/.test(line)).length, 2, lines.join('\n'));
    t.notMatch(lines.join('\n'), /incorrect|bad|wrong/);
    const broken = frames.map((frame) => frame.with(40, 7));
    const complaints = tcpdump(file, broken, '-vv').filter((line) => /incorrect|bad|wrong/.test(line));
    t.equal(complaints.length, 3, 'it does look');
  }
});
