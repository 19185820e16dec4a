import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4, PROTOCOL } from '../capture/ipv4.ts';
import { encodeTcp } from '../capture/tcp.ts';
import { errorsReachTheirServer } from './errors.ts';
import { internet, OVER, probe, told, watched } from './literal-history.ts';

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
function about(clientPort: number, { type, code } = NARROW) {
  const back = { source: CLUSTER, destination: CLIENT };
  const ports = { sourcePort: 7, destinationPort: clientPort };
  const quoted = encodeIpv4({ ...back, protocol: 6 }, encodeTcp({ ...back, ...ports, sequence: 9, flags: ['ack'] }));
  return encodeIcmp({ type, code, rest: 1500, payload: quoted.subarray(0, 28) });
}
const header = { source: ROUTER, destination: CLUSTER, protocol: PROTOCOL.icmp };
const came = (atMs: number, clientPort: number, kind = NARROW) =>
  internet({ atMs, from: FW, to: [ACCESS] }, IN, header, about(clientPort, kind));
const left = (atMs: number, clientPort: number, destination: string, kind = NARROW) =>
  internet(
    { atMs, from: SERVER, to: [] },
    { source: '02:00:00:00:01:0b', destination },
    header,
    about(clientPort, kind),
  );

const answered = (clientPort: number, server: string) =>
  probe(0, { flow: `client1.1.0 ${CLIENT}:${clientPort} > ${CLUSTER}:7`, server });
const FLOWS = [answered(41, 'server1'), answered(42, 'server2')];

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
  const two = [came(1, 41), left(2, 41, MACS.server1), came(3, 42), left(4, 42, MACS.server2)].flat();
  t.equal(
    told(right, SEEN, FLOWS, two, OVER),
    'pass: errors about flows of server1, server2: fragmentation needed (2)',
  );
  const astray = [came(5, 41), left(6, 41, MACS.server2)];
  t.match(
    told(right, SEEN, FLOWS, two, astray.flat(), OVER),
    /^fail: an error about a flow of server1 was sent to .*16/,
  );
  t.match(told(right, SEEN, FLOWS, two.slice(3), OVER), /^unknown: .*needed \(1\); 2 of each/, 'one was not forwarded');
  t.match(told(right, SEEN, FLOWS.slice(1), two, OVER), /^unknown: .*\(1\)/, 'whose flow it is, is not known');
  const both = errorsReachTheirServer({ ...options, kinds: [NARROW, LATE], atLeast: 1 });
  t.match(told(both, SEEN, FLOWS, two, OVER), /^unknown: .* time exceeded \(0\)/);
  t.match(told(both, SEEN, FLOWS, two, came(5, 41, LATE), left(6, 41, MACS.server1, LATE), OVER), /^pass/);
  const same = [came(5, 41), left(6, 41, MACS.server1)].flat();
  t.match(told(right, SEEN, FLOWS, two.slice(0, 3), same, OVER), /^unknown: .* none was about a flow of server2/);
  t.match(told(right, FLOWS, two, OVER), /^unknown: frames of access/);
  t.match(told(right, SEEN, OVER), /^unknown: errors about flows of no server/);
});
