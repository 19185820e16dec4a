import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeTcp } from '../capture/tcp.ts';
import { encodeUdp } from '../capture/udp.ts';
import { errorsReachTheirServer } from './errors.ts';
import { internet, OVER, probe, shown, told, watched } from './literal-history.ts';

const [ROUTER, CLIENT, CLUSTER] = ['100.64.0.254', '198.51.100.10', '203.0.113.10'];
const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const IN = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const MACS = { server1: '02:00:00:00:01:15', server2: '02:00:00:00:01:16' };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const NARROW = { name: 'fragmentation needed', type: 3, code: 4 };
const LATE = { name: 'time exceeded', type: 11, code: 0 };

/** The error about what a flow's server has sent to the client's port. */
function about(clientPort: number, { type, code } = NARROW, protocol: number = PROTOCOL.tcp) {
  const back = { source: CLUSTER, destination: CLIENT };
  const ports = { sourcePort: 7, destinationPort: clientPort };
  const segment = encodeTcp({ ...back, ...ports, sequence: 9, flags: ['ack'] });
  const datagram = encodeUdp({ ...back, ...ports, payload: new Uint8Array() });
  const quoted = encodeIpv4({ ...back, protocol }, protocol === PROTOCOL.tcp ? segment : datagram);
  return encodeIcmp({ type, code, rest: 1500, payload: quoted.subarray(0, 28) });
}
const header = { source: ROUTER, destination: CLUSTER, protocol: PROTOCOL.icmp };
const came = (atMs: number, clientPort: number, kind = NARROW, protocol?: number) =>
  internet({ atMs, from: FW, to: [ACCESS] }, IN, header, about(clientPort, kind, protocol));
const left = (atMs: number, clientPort: number, destination: string, kind = NARROW, protocol?: number) =>
  internet(
    { atMs, from: SERVER, to: [] },
    { source: '02:00:00:00:01:0b', destination },
    header,
    about(clientPort, kind, protocol),
  );

const answered = (clientPort: number, server: string) =>
  probe(0, { flow: `client1.1.0 ${CLIENT}:${clientPort} > ${CLUSTER}:7`, server });
const FLOWS = [answered(4141, 'server1'), answered(4242, 'server2')];

t.test('an error goes to the server of the flow that it quotes', async (t) => {
  const path = { access: ACCESS, mac: IN.destination, server: SERVER };
  const options = {
    path,
    clusterAddress: CLUSTER,
    serverMacs: MACS,
    kinds: [NARROW],
    servers: ['server1', 'server2'],
    atLeast: 2,
  };
  const right = errorsReachTheirServer(options);
  const two = [came(1, 4141), left(2, 4141, MACS.server1), came(3, 4242), left(4, 4242, MACS.server2)].flat();
  t.equal(
    told(right, SEEN, FLOWS, two, OVER),
    'pass: errors about flows of server1, server2: fragmentation needed (2)',
  );
  t.same(shown(right, SEEN, FLOWS, two, OVER), ['frame 1.01', 'frame 2', 'frame 3.01', 'frame 4']);
  const turned = [came(5, 4242), left(6, 4242, MACS.server2), came(7, 4141), left(8, 4141, MACS.server1)].flat();
  t.match(told(right, SEEN, FLOWS, turned, OVER), /^pass: errors about flows of server1, server2:/);
  t.equal(shown(right, SEEN, FLOWS, two, turned, OVER).length, 6, 'three of them show what they are like');
  const unanswered = probe(1, { flow: FLOWS[0]?.flow ?? '', sequence: 1, outcome: 'lost' });
  t.match(told(right, SEEN, FLOWS, unanswered, two, OVER), /^pass/, 'a flow is a server’s, though one answer is lost');
  const others = [
    { name: 'port unreachable', type: 3, code: 3 },
    { name: 'redirect', type: 5, code: 4 },
  ].flatMap((kind) => [came(9, 4141, kind), left(10, 4141, MACS.server1, kind)].flat());
  t.match(told(right, SEEN, FLOWS, two, others, OVER), /^pass: .*: fragmentation needed \(2\)$/, 'others do not count');
  const datagrams = FLOWS.map((flow) => ({ ...flow, protocol: 'udp' as const }));
  t.match(told(right, SEEN, datagrams, two, OVER), /^unknown: errors about flows of no server/, 'of another protocol');
  const ofUdp = [
    came(1, 4141, NARROW, 17),
    left(2, 4141, MACS.server1, NARROW, 17),
    came(3, 4242, NARROW, 17),
    left(4, 4242, MACS.server2, NARROW, 17),
  ];
  t.match(told(right, SEEN, datagrams, ...ofUdp, OVER), /^pass/);
  t.match(told(right, SEEN, FLOWS, ...ofUdp, OVER), /^unknown: errors about flows of no server/);
  const astray = [came(5, 4141), left(6, 4141, MACS.server2)];
  t.match(
    told(right, SEEN, FLOWS, two, astray.flat(), OVER),
    /^fail: an error about a flow of server1 was sent to .*16/,
  );
  t.match(told(right, SEEN, FLOWS, two.slice(3), OVER), /^unknown: .*needed \(1\); 2 of each/, 'one was not forwarded');
  t.match(told(right, SEEN, FLOWS.slice(1), two, OVER), /^unknown: .*\(1\)/, 'whose flow it is, is not known');
  const both = errorsReachTheirServer({ ...options, kinds: [NARROW, LATE], atLeast: 1 });
  t.match(told(both, SEEN, FLOWS, two, OVER), /^unknown: .* time exceeded \(0\)/);
  t.match(told(both, SEEN, FLOWS, two, came(5, 4141, LATE), left(6, 4141, MACS.server1, LATE), OVER), /^pass/);
  const same = [came(5, 4141), left(6, 4141, MACS.server1)].flat();
  t.match(told(right, SEEN, FLOWS, two.slice(0, 3), same, OVER), /^unknown: .* none was about a flow of server2/);
  t.match(told(right, FLOWS, two, OVER), /^unknown: frames of access/);
  t.match(told(right, SEEN, OVER), /^unknown: errors about flows of no server/);
});
