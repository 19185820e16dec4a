import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import type { FrameSeen } from '../history/event.ts';
import { internet, tcp, udp } from './literal-history.ts';
import { fitting, fragmentsFor, type PacketPattern } from './packet-pattern.ts';
import { packetsOf } from './seen.ts';

const [CLIENT, CLUSTER] = ['198.51.100.10', '203.0.113.10'];
const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const WAY = { atMs: 1, from: FW, to: [] };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const ENDS = { source: CLIENT, destination: CLUSTER };
const FLOW = { ...ENDS, sourcePort: 40_000, destinationPort: 7 };
const ECHO = { address: CLUSTER, protocol: 'udp' as const, port: 7 };

const datagram = encodeUdp({ ...FLOW, payload: new Uint8Array(16) });
const bare = (more: object, payload = datagram) =>
  internet(WAY, MACS, { ...ENDS, protocol: PROTOCOL.udp, ...more }, payload);
const quoted = encodeIpv4({ source: CLUSTER, destination: CLIENT, protocol: PROTOCOL.udp }, datagram);
const report = (destination: string) => {
  const icmp = encodeIcmp({ type: 3, code: 4, rest: 0, payload: quoted });
  return internet(WAY, MACS, { source: '100.64.0.254', destination, protocol: PROTOCOL.icmp }, icmp);
};

const PACKETS: Record<string, FrameSeen[]> = {
  SYN: tcp(WAY, MACS, FLOW),
  ACK: tcp(WAY, MACS, { ...FLOW, flags: ['ack'] }),
  'SYN and ACK': tcp(WAY, MACS, { ...FLOW, flags: ['syn', 'ack'] }),
  datagram: udp(WAY, MACS, FLOW),
  'datagram of the other way': udp(WAY, MACS, { ...FLOW, source: CLUSTER, destination: CLIENT }),
  'datagram to another port': udp(WAY, MACS, { ...FLOW, destinationPort: 8 }),
  'first fragment': bare({ moreFragments: true }),
  'later fragment': bare({ fragmentOffset: 16 }),
  'later fragment of a segment': bare({ fragmentOffset: 16, protocol: PROTOCOL.tcp }),
  'half a header': bare({}, datagram.subarray(0, 4)),
  'with options': bare({ options: new Uint8Array(4).fill(1) }),
  error: report(CLUSTER),
  'error to another': report(CLIENT),
};

function fits(pattern: PacketPattern): string[] {
  const isMeant = fitting(pattern);
  return Object.keys(PACKETS).filter((name) => packetsOf(PACKETS[name] ?? [], {}).some(isMeant));
}

const ALL = Object.keys(PACKETS);
const without = (...names: string[]): string[] => ALL.filter((name) => !names.includes(name));

t.test('a packet fits a pattern that says what it is', async (t) => {
  const table: [PacketPattern, string[]][] = [
    [{}, ALL],
    [{ source: CLIENT }, without('datagram of the other way', 'error', 'error to another')],
    [{ destination: CLIENT }, ['datagram of the other way', 'error to another']],
    [{ services: [ECHO] }, ['datagram', 'first fragment', 'with options']],
    [
      { services: [ECHO, { ...ECHO, port: 8 }] },
      ['datagram', 'datagram to another port', 'first fragment', 'with options'],
    ],
    [{ services: [] }, []],
    [{ transport: 'tcp' }, ['SYN', 'ACK', 'SYN and ACK']],
    [{ flags: ['syn'] }, ['SYN']],
    [{ flags: ['syn', 'ack'] }, ['SYN and ACK']],
    [{ fragment: true }, ['first fragment', 'later fragment']],
    [{ errorAbout: CLUSTER }, ['error']],
    [{ hasOptions: true }, ['with options']],
    [{ sound: true }, without('half a header')],
  ];
  for (const [pattern, expected] of table) t.same(fits(pattern), expected, JSON.stringify(pattern));
});

t.test('it must fit everything that is said', async (t) => {
  t.same(fits({ services: [ECHO], hasOptions: true, sound: true }), ['with options']);
  t.same(fits({ source: CLIENT, flags: ['ack'] }), ['ACK']);
  t.same(fits({ source: CLUSTER, flags: ['ack'] }), []);
  t.same(fits(fragmentsFor(CLUSTER)), ['first fragment', 'later fragment']);
  t.same(fits(fragmentsFor(CLIENT)), []);
});
