import t from 'tap';
import { encodeEthernet } from '../capture/ethernet.ts';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4 } from '../capture/ipv4.ts';
import { encodeUdp } from '../capture/udp.ts';
import { flawedGoNoFurther, flawOf } from './flawed.ts';
import { frame, internet, OVER, shown, told, udp, watched } from './literal-history.ts';

const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const IN = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const OUT = { source: '02:00:00:00:01:0b', destination: '02:00:00:00:01:15' };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const ENDS = { source: '198.51.100.99', destination: '203.0.113.10' };
const PORTS = { sourcePort: 40_000, destinationPort: 7 };

/** A good packet, with octets set, cut to a length. */
function packet(octets: Record<number, number> = {}, length?: number): Uint8Array {
  const good = encodeIpv4({ ...ENDS, protocol: 17 }, encodeUdp({ ...ENDS, ...PORTS, payload: new Uint8Array(8) }));
  for (const [at, octet] of Object.entries(octets)) good[Number(at)] = octet;
  return good.subarray(0, length);
}
const inFrame = (bytes: Uint8Array, macs = IN, vlans = 0): Uint8Array =>
  encodeEthernet(
    {
      ...macs,
      etherType: 0x0800,
      vlans: Array.from({ length: vlans }, () => ({ tpid: 0x8100, id: 5, priority: 0, dropEligible: false })),
    },
    bytes,
  );
const came = (atMs: number, bytes: Uint8Array) => frame({ atMs, from: FW, to: [ACCESS] }, bytes);
const left = (atMs: number, bytes: Uint8Array) => frame({ atMs, from: SERVER, to: [] }, bytes);

const SHORT_TRANSPORT = packet({ 3: 24 }, 24);
const CASES: [words: string, bytes: Uint8Array, flaw: string | undefined][] = [
  ['a good one', inFrame(packet()), undefined],
  ['a wrong checksum', inFrame(packet({ 10: 1 })), undefined],
  ['padding', inFrame(Uint8Array.of(...packet(), 0, 0)), undefined],
  ['one tag', inFrame(packet(), IN, 1), 'tagged'],
  ['two tags', inFrame(packet(), IN, 2), 'tagged'],
  ['another version', inFrame(packet({ 0: 0x65 })), 'without an IPv4 header'],
  ['a header of four words', inFrame(packet({ 0: 0x44 })), 'without an IPv4 header'],
  ['half a header', inFrame(packet({}, 10)), 'without an IPv4 header'],
  ['nothing', inFrame(packet({}, 0)), 'without an IPv4 header'],
  ['a length of zero', inFrame(packet({ 3: 0 })), 'of a wrong length'],
  ['more than came', inFrame(packet({ 2: 0xff })), 'of a wrong length'],
  ['cut', inFrame(packet({}, 30)), 'of a wrong length'],
  ['half a UDP header', inFrame(SHORT_TRANSPORT), 'without a whole header of TCP or UDP'],
  ['half a TCP header', inFrame(packet({ 9: 6, 3: 28 }, 28)), 'without a whole header of TCP or UDP'],
  ['nothing in it', inFrame(packet({ 9: 99, 3: 20 }, 20)), undefined],
  ['less than its options', inFrame(packet({ 0: 0x46, 3: 20 })), 'of a wrong length'],
  ['half an ICMP header', inFrame(packet({ 9: 1, 3: 22 }, 22)), undefined],
  ['not IPv4 at all', encodeEthernet({ ...IN, etherType: 0x88cc }, packet({}, 10)), undefined],
  ['half an Ethernet header', new Uint8Array(5), undefined],
  ['half a UDP header, but of a later fragment', inFrame(packet({ 3: 24, 7: 1 }, 24)), undefined],
];

t.test('what is wrong with a frame', async (t) => {
  for (const [words, bytes, flaw] of CASES) t.equal(flawOf(came(1, bytes)[0] as never), flaw, words);
});

const EACH = [packet({}, 30), packet({}, 10), SHORT_TRANSPORT].flatMap((bytes, i) => came(i + 1, inFrame(bytes)));
const ALL = [...EACH, ...came(9, inFrame(packet(), IN, 1))];

t.test('flawed frames end at the load balancer', async (t) => {
  const path = { access: ACCESS, mac: IN.destination, server: SERVER };
  const ended = flawedGoNoFurther({ path, clusterAddress: ENDS.destination, atLeast: 1 });
  t.equal(
    told(ended, SEEN, ALL, OVER),
    'pass: frames came tagged (1), without an IPv4 header (1), of a wrong length (1), ' +
      'without a whole header of TCP or UDP (1), and went no further',
  );
  t.match(told(ended, SEEN, ALL, left(20, inFrame(packet(), OUT)), OVER), /^pass/, 'good ones may');
  t.same(shown(ended, SEEN, ALL, EACH, OVER), ['frame 9.01', 'frame 2.01', 'frame 1.01', 'frame 3.01']);
  t.match(told(ended, SEEN, ALL, came(20, new Uint8Array(5)), OVER), /^pass/);
  const others = inFrame(packet(), { ...IN, destination: OUT.destination }, 1);
  t.match(told(ended, SEEN, EACH, came(9, others), OVER), /^unknown: frames came tagged \(0\)/, 'for another');
  t.match(told(ended, SEEN, ALL, left(20, inFrame(packet({}, 30), OUT)), OVER), /^fail: .* sent a frame of a wrong/);
  t.match(told(ended, SEEN, ALL, left(20, inFrame(packet(), OUT, 1)), OVER), /^fail: .* sent a frame tagged/);
  const reset = { source: ENDS.destination, sourcePort: 7, destination: ENDS.source, destinationPort: 40_000 };
  t.match(told(ended, SEEN, ALL, udp({ atMs: 20, from: ACCESS, to: [] }, IN, reset), OVER), /^fail: .* spoke for/);
  const unreachable = internet(
    { atMs: 20, from: ACCESS, to: [] },
    IN,
    { source: '10.77.1.11', destination: ENDS.source, protocol: 1 },
    encodeIcmp({ type: 3, code: 3, rest: 0, payload: packet() }),
  );
  t.match(told(ended, SEEN, ALL, unreachable, OVER), /^fail: .* spoke for/);
  const own = { source: '10.77.1.11', destination: ENDS.source };
  const says = (protocol: number, payload: Uint8Array, from = ACCESS, source = own.source) =>
    internet({ atMs: 20, from, to: [] }, OUT, { ...own, source, protocol }, payload);
  const echo = encodeIcmp({ type: 8, code: 0, rest: 0, payload: packet() });
  t.match(told(ended, SEEN, ALL, says(1, echo), OVER), /^pass/, 'it may speak for itself');
  t.match(told(ended, SEEN, ALL, says(17, new Uint8Array(2)), OVER), /^pass/);
  const elsewhere = encodeIpv4({ ...own, protocol: 17 }, new Uint8Array(8));
  const about = encodeIcmp({ type: 3, code: 3, rest: 0, payload: elsewhere });
  t.match(told(ended, SEEN, ALL, says(1, about), OVER), /^pass/, 'of what was sent to itself');
  const server1 = { lan: 'server', node: 'server1', leg: 'server' };
  const answer = says(17, new Uint8Array(8), server1, ENDS.destination);
  t.match(told(ended, SEEN, ALL, answer, OVER), /^pass/, 'a server speaks for the cluster');
  t.match(told(ended, SEEN, EACH, OVER), /^unknown: frames came tagged \(0\)/);
  t.match(told(ended, ALL, OVER), /^unknown: frames of access/);
});
