import t from 'tap';
import { encodeUdp } from '../capture/udp.ts';
import { fragmentsStayTogether } from './fragments.ts';
import { internet, OVER, shown, told, udp, watched } from './literal-history.ts';

const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const IN = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const [ONE, TWO] = ['02:00:00:00:01:15', '02:00:00:00:01:16'];
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const ECHO = { address: '203.0.113.10', protocol: 'udp' as const, port: 7 };
const ENDS = { source: '198.51.100.99', destination: ECHO.address };
const out = (destination: string) => ({ source: '02:00:00:00:01:0b', destination });

const PIECE_BYTES = 16;
const LAST = 2;

/** A fragment that came, and that left to a server; the piece's number is its place in a datagram of three. */
function piece(atMs: number, number: number, identification: number, to: string | undefined, sourcePort = 40_000) {
  const datagram = encodeUdp({ ...ENDS, sourcePort, destinationPort: ECHO.port, payload: new Uint8Array(40) });
  const header = {
    ...ENDS,
    protocol: 17,
    identification,
    moreFragments: number < LAST,
    fragmentOffset: number * PIECE_BYTES,
  };
  const payload = datagram.subarray(number * PIECE_BYTES, (number + 1) * PIECE_BYTES);
  return [
    ...internet({ atMs, from: FW, to: [ACCESS] }, IN, header, payload),
    ...(to ? internet({ atMs: atMs + 0.1, from: SERVER, to: [] }, out(to), header, payload) : []),
  ];
}
const datagram = (atMs: number, order: number[], identification: number, to: string, sourcePort?: number) =>
  order.flatMap((number, turn) => piece(atMs + turn, number, identification, to, sourcePort));
const whole = (atMs: number, to: string, sourcePort: number) => {
  const flow = { ...ENDS, sourcePort, destinationPort: ECHO.port, text: 'whole', identification: 1 };
  return [...udp({ atMs, from: FW, to: [ACCESS] }, IN, flow), ...udp({ atMs, from: SERVER, to: [] }, out(to), flow)];
};

const FOUR = [
  whole(1, ONE, 50_000),
  datagram(10, [0, 1, 2], 10, ONE, 50_000),
  datagram(20, [2, 0, 1], 20, TWO, 50_000),
  datagram(30, [0, 1, 2], 30, TWO, 60_000),
  datagram(40, [2, 1, 0], 40, ONE, 60_001),
].flat();

t.test('the fragments of a datagram go to one server', async (t) => {
  const path = { access: ACCESS, mac: IN.destination, server: SERVER };
  const options = { path, service: ECHO, serverMacs: { server1: ONE, server2: TWO }, atLeast: 1 };
  const together = fragmentsStayTogether(options);
  t.equal(
    told(together, SEEN, FOUR, OVER),
    'pass: each to one server: in order, of a flow that is known (1), in order, of a flow that is new (1), ' +
      'out of order, of a flow that is known (1), out of order, of a flow that is new (1)',
  );
  t.match(
    told(
      together,
      SEEN,
      FOUR,
      datagram(60, [0, 1, 2], 60, ONE, 62_000),
      datagram(70, [2, 0, 1], 70, TWO, 50_000),
      OVER,
    ),
    /known \(1\), in order, of a flow that is new \(2\), out of order, of a flow that is known \(2\), .* new \(1\)$/,
  );
  t.equal(shown(together, SEEN, FOUR, OVER).length, 6, 'two of them');
  const turned = [2, 0, 1].flatMap((number, turn) => {
    const [came = [], left = []] = [0, 2].map((from) =>
      piece(50 + number, number, 50, TWO, 50_000).slice(from, from + 2),
    );
    return [...came, ...left.map((event) => ({ ...event, atNs: (53 + turn) * 1e6 }))];
  });
  t.match(
    told(together, SEEN, FOUR, turned, OVER),
    /^fail: .*16, the flow's/,
    'in order as they came, however they left',
  );
  t.match(told(together, SEEN, FOUR, whole(100, ONE, 60_000), OVER), /^pass/, 'a packet that comes later');
  t.match(told(together, SEEN, FOUR, whole(30, ONE, 60_000), OVER), /^pass/, 'or just then');
  const torn = [...piece(50, 0, 50, ONE), ...piece(51, 1, 50, TWO)];
  t.match(told(together, SEEN, FOUR, torn, OVER), /^fail: one datagram went to .*15 and .*16/);
  t.match(told(together, SEEN, FOUR, piece(50, 0, 50, '02:00:00:00:00:99'), OVER), /^fail: .* no server's/);
  const apart = datagram(50, [0, 1, 2], 50, TWO, 50_000);
  t.match(told(together, SEEN, FOUR, apart, OVER), /^fail: .*16, the flow's packets before it to .*15/);
  t.match(told(together, SEEN, FOUR.slice(2), OVER), /^unknown: .*flow that is known \(0\)/, 'no packet before');
  const halved = [...piece(50, 0, 50, ONE, 61_000), ...piece(51, 2, 50, ONE), ...piece(52, 1, 50, undefined)];
  t.match(
    told(fragmentsStayTogether({ ...options, atLeast: 2 }), SEEN, FOUR, halved, OVER),
    /^unknown: .*in order, of a flow that is new \(1\).* 2 of each/,
    'one of which a piece was not forwarded does not count',
  );
  t.match(
    told(fragmentsStayTogether({ ...options, atLeast: 2 }), SEEN, FOUR, datagram(50, [0, 1], 50, ONE, 61_000), OVER),
    /^unknown: .*in order, of a flow that is new \(1\).* 2 of each/,
    'nor does one without its end',
  );
  t.match(told(together, FOUR, OVER), /^unknown: frames of access/);
});
