import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4 } from '../capture/ipv4.ts';
import { destinationIsServer, droppedPort, onlyHardwareAddressesChanged } from './forwarding.ts';
import { internet, OVER, shown, standstill, tcp, told, udp, watched } from './literal-history.ts';

const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const SERVER1 = { lan: 'server', node: 'server1', leg: 'server' };
const IN = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const OUT = { source: '02:00:00:00:01:0b', destination: '02:00:00:00:01:15' };
const PATH = { access: ACCESS, mac: IN.destination, server: SERVER };
const HTTP = { address: '203.0.113.10', protocol: 'tcp' as const, port: 80 };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const FLOW = { source: '198.51.100.10', sourcePort: 4711, destination: '203.0.113.10', destinationPort: 80 };

const came = (atMs: number, more: object = {}, macs = IN) =>
  tcp({ atMs, from: FW, to: [ACCESS] }, macs, { ...FLOW, ...more });
const left = (atMs: number, more: object = {}, macs = OUT) =>
  tcp({ atMs, from: SERVER, to: [SERVER1] }, macs, { ...FLOW, ...more });

t.test('only the hardware addresses of a forwarded packet change', async (t) => {
  const untouched = onlyHardwareAddressesChanged({ path: PATH, services: [HTTP], atLeast: 2, withinMs: 10 });
  const two = [came(1), left(2), came(3), left(4)].flat();
  t.match(told(untouched, SEEN, two, OVER), /^pass: 2 packets/, 'the same bytes twice are two packets');
  t.match(told(untouched, SEEN, two, came(5), left(6, { ttl: 63 }), OVER), /^fail: .* other bytes/);
  t.match(told(untouched, SEEN, two, came(5, { text: 'a' }), left(6, { text: 'b' }), OVER), /^fail: .* other bytes/);
  t.match(told(untouched, SEEN, two, left(6, { identification: 9 }), OVER), /^fail: .* never came/);
  t.match(told(untouched, SEEN, two, came(5), OVER), /^fail: .* never left/);
  t.match(told(untouched, SEEN, two, came(989.99), OVER), /^fail/, 'it had just so long');
  t.same(shown(untouched, SEEN, two, OVER), ['frame 1.01', 'frame 2']);
  t.match(told(untouched), /^unknown: 0 packets/);
  t.match(told(untouched, SEEN, two, came(995), OVER), /^pass/, 'the last may be on its way');
  t.match(told(untouched, SEEN, two, came(985), OVER), /^fail/);
  t.match(told(untouched, SEEN, two, came(985), standstill(986, 993), OVER), /^pass/, 'the machine stood still');
  t.match(
    told(untouched, SEEN, two, came(5, { destinationPort: 81 }), OVER),
    /^pass/,
    'what is not served may be dropped',
  );
  t.match(told(untouched, SEEN, two, came(5, {}, OUT), OVER), /^pass/, 'what is for others too');
  t.match(told(untouched, SEEN, came(1), left(2), OVER), /^unknown: 1 packets were forwarded/);
  t.match(
    told(untouched, watched('frames', 'access'), two, came(5), OVER),
    /^unknown: frames of server were not watched/,
  );
  t.match(told(untouched, SEEN.slice(1), two, OVER), /^unknown: frames of access/);
});

t.test('a forwarded packet goes to a server', async (t) => {
  const toServer = destinationIsServer({ path: PATH, services: [HTTP], serverMacs: { server1: OUT.destination } });
  t.match(told(toServer, SEEN, left(1), left(2), OVER), /^pass: 2 packets were sent to server1/);
  const serverMacs = { server1: OUT.destination, server2: OUT.source };
  const both = destinationIsServer({ path: PATH, services: [HTTP], serverMacs });
  const turned = left(1, {}, { ...OUT, destination: OUT.source });
  t.match(told(both, SEEN, turned, left(2), OVER), /^pass: 2 packets were sent to server1, server2$/);
  t.same(
    shown(
      toServer,
      SEEN,
      [1, 2, 3, 4].flatMap((atMs) => left(atMs)),
      OVER,
    ),
    ['frame 1', 'frame 2', 'frame 3'],
  );
  t.match(told(toServer, SEEN, left(1), left(2, {}, IN), OVER), /^fail: .* 02:00:00:00:00:0b, which is no server/);
  t.match(told(toServer, SEEN, came(1), OVER), /^unknown: nlb1\/server sent no packet/);
  t.match(told(toServer, left(1), OVER), /^unknown: frames of server/);
});

t.test('packets for a port that is not served end at the load balancer', async (t) => {
  const unserved = { ...HTTP, port: 81 };
  const dropped = droppedPort({ path: PATH, unserved, atLeast: 1 });
  const knock = came(1, { destinationPort: 81 });
  const back = { source: HTTP.address, sourcePort: 81, destination: FLOW.source, destinationPort: 4711 };
  const answer = (flags: ('rst' | 'ack')[]) => tcp({ atMs: 2, from: ACCESS, to: [FW] }, IN, { ...back, flags });
  const quoted = encodeIpv4({ ...FLOW, protocol: 6 }, new Uint8Array(8));
  const unreachable = internet(
    { atMs: 2, from: ACCESS, to: [FW] },
    IN,
    { source: '10.77.1.11', destination: FLOW.source, protocol: 1 },
    encodeIcmp({ type: 3, code: 3, rest: 0, payload: quoted }),
  );
  t.match(told(dropped, SEEN, knock, OVER), /^pass: 1 packets for port 81/);
  t.match(told(dropped, SEEN, knock, left(2, { destinationPort: 81 }), OVER), /^fail: nlb1 sent on/);
  t.match(told(dropped, SEEN, knock, answer(['rst', 'ack']), OVER), /^fail: nlb1 answered/);
  t.match(told(dropped, SEEN, knock, unreachable, OVER), /^fail: nlb1 answered/);
  const says = (protocol: number, payload: Uint8Array) =>
    internet(
      { atMs: 2, from: ACCESS, to: [FW] },
      IN,
      { source: '10.77.1.11', destination: FLOW.source, protocol },
      payload,
    );
  const quoting = (header: object) => encodeIpv4({ ...FLOW, protocol: 6, ...header }, new Uint8Array(8));
  const icmp = (type: number, payload: Uint8Array) => encodeIcmp({ type, code: 3, rest: 0, payload });
  t.match(told(dropped, SEEN, knock, says(1, icmp(3, quoting({ destination: '10.77.1.11' }))), OVER), /^pass/);
  t.match(told(dropped, SEEN, knock, says(1, icmp(8, quoting({}))), OVER), /^pass/, 'an echo quotes nothing');
  t.match(told(dropped, SEEN, knock, says(6, new Uint8Array(2)), OVER), /^pass/);
  const from = (ends: object) => tcp({ atMs: 2, from: ACCESS, to: [FW] }, IN, { ...back, flags: ['rst'], ...ends });
  t.match(told(dropped, SEEN, knock, from({ source: '10.77.1.11' }), OVER), /^pass/, 'from itself');
  t.match(told(dropped, SEEN, knock, from({ sourcePort: 82 }), OVER), /^pass/, 'from another port');
  const knocks = [1, 2, 3, 4].flatMap((atMs) => came(atMs, { destinationPort: 81 }));
  t.same(shown(dropped, SEEN, knocks, OVER), ['frame 1.01', 'frame 2.01', 'frame 3.01']);
  const ofUdp = droppedPort({ path: PATH, unserved: { ...unserved, protocol: 'udp' }, atLeast: 1 });
  const datagram = udp({ atMs: 1, from: FW, to: [ACCESS] }, IN, { ...FLOW, destinationPort: 81 });
  t.match(told(ofUdp, SEEN, datagram, OVER), /^pass/);
  t.match(
    told(ofUdp, SEEN, datagram, udp({ atMs: 2, from: ACCESS, to: [FW] }, IN, back), OVER),
    /^fail: nlb1 answered/,
  );
  t.match(told(dropped, SEEN, came(1), left(2), OVER), /^unknown: 0 packets for port 81/);
  t.match(told(dropped, knock, OVER), /^unknown: frames of access/);
});

t.test('a packet that was changed is told from one that was lost and another that was invented', async (t) => {
  const services = [HTTP, { ...HTTP, protocol: 'udp' as const, port: 7 }];
  const untouched = onlyHardwareAddressesChanged({ path: PATH, services, atLeast: 1, withinMs: 10 });
  const datagram = { ...FLOW, destinationPort: 7 };
  const cameUdp = (more: object) => udp({ atMs: 1, from: FW, to: [ACCESS] }, IN, { ...datagram, ...more });
  const leftUdp = (more: object) => udp({ atMs: 2, from: SERVER, to: [] }, OUT, { ...datagram, ...more });
  t.match(told(untouched, SEEN, cameUdp({}), leftUdp({ text: 'b' }), OVER), /^fail: .* other bytes/);
  const others: Record<string, object> = {
    source: { source: '198.51.100.11' },
    port: { sourcePort: 4712 },
    identification: { identification: 9 },
  };
  for (const [what, other] of Object.entries(others)) {
    t.match(told(untouched, SEEN, came(1), left(2, other), OVER), /^fail: .* never came/, `another ${what} of TCP`);
    t.match(told(untouched, SEEN, cameUdp({}), leftUdp(other), OVER), /^fail: .* never came/, `another ${what} of UDP`);
  }
  t.match(told(untouched, SEEN, came(1), left(2, { sequence: 9 }), OVER), /^fail: .* never came/, 'another segment');
  t.match(told(untouched, SEEN, came(1), leftUdp({}), OVER), /^fail: .* never came/, 'another protocol');
});
