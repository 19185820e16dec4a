import t from 'tap';
import { clientsLeft, forwardsNoMore, silentOnceSucceeded } from './fenced.ts';
import { address, arp, census, OVER, shown, standstill, told, udp, watched } from './literal-history.ts';

/** nlb1 is held up from 100 ms to 600 ms; nlb2 announces at 300 ms. */
const NLBS = '10.77.1.100';
const CLUSTER = '203.0.113.10';
const CLIENT = '198.51.100.10';
const MACS: Record<string, string> = { nlb1: '02:00:00:00:00:0b', nlb2: '02:00:00:00:00:0c', fw1: '02:00:00:00:00:01' };
const access = (node: string) => ({ lan: 'access', node, leg: 'access' });
const server = (node: string) => ({ lan: 'server', node, leg: 'server' });
const pathOf = (node: string) => ({ access: access(node), mac: MACS[node] ?? '', server: server(node) });

const SEEN = [watched('frames', 'access'), watched('frames', 'server'), watched('addresses', 'nlb1')];
const HELD = census(0, `nlb1 access ${NLBS}/32`);
const OVERRUN = watched('addresses', 'nlb1', 1);
const beats = [0, 50, 100, 600, 650].flatMap((atMs) => packet(atMs, 'nlb1', { to: '10.77.1.12', port: 4694 }));
const announced = arp(
  { atMs: 300, from: access('nlb2'), to: [] },
  { operation: 'request', senderMac: MACS.nlb2 ?? '', senderIp: NLBS, targetIp: NLBS },
);
const given = address(790, { node: 'nlb1', device: 'access', address: `${NLBS}/32`, change: 'added' });
const removed = address(610, { node: 'nlb1', device: 'access', address: `${NLBS}/32`, change: 'removed' });

function packet(atMs: number, node: string, { to, port }: { to: string; port: number }, from = access(node)) {
  const macs = { source: MACS[node] ?? '', destination: MACS.nlb1 ?? '' };
  const reached = node === 'fw1' ? [access('nlb1')] : [];
  const ends = { source: node === 'fw1' ? '198.51.100.99' : CLIENT, sourcePort: port, destination: to };
  return udp({ atMs, from, to: reached }, macs, { ...ends, destinationPort: port });
}

function request(atMs: number) {
  return arp(
    { atMs, from: access('fw1'), to: [access('nlb1')] },
    { operation: 'request', senderMac: MACS.fw1 ?? '', senderIp: '10.77.1.2', targetIp: NLBS },
  );
}

function claim(atMs: number, operation: 'request' | 'reply' = 'reply') {
  const targetIp = operation === 'reply' ? '10.77.1.2' : NLBS;
  const sender = { senderMac: MACS.nlb1 ?? '', senderIp: NLBS };
  return arp({ atMs, from: access('nlb1'), to: [] }, { operation, ...sender, targetIp });
}

const handed = (...instants: number[]) => instants.flatMap((atMs) => packet(atMs, 'fw1', { to: CLUSTER, port: 7 }));
const sentOn = (atMs: number, node = 'nlb1') => packet(atMs, node, { to: CLUSTER, port: 7 }, server(node));
const stalled = { address: NLBS, beats: { node: 'nlb1', port: 4694 }, atLeast: 1 };

t.test('a stalled node says nothing for the address once its successor has announced it', async (t) => {
  const silent = silentOnceSucceeded({ ...stalled, port: access('nlb1'), successor: access('nlb2') });
  const good = [SEEN, HELD, beats, announced, [400, 620].flatMap(request)].flat();
  t.match(told(silent, good, OVER), /^pass: 1 requests reached nlb1\/access before it woke, 1 afterwards/);
  t.match(told(silent, good, OVER), /: it answered none$/);
  t.same(shown(silent, good, request(450), OVER), ['frame 400.01', 'frame 450.01', 'frame 600']);
  t.match(told(silent, SEEN, HELD, beats, announced, [400, 599.99].flatMap(request), OVER), /^pass: 1 .* 1 afterwards/);
  const anew = { ...announced[0], atNs: 400e6 } as (typeof announced)[number];
  t.match(told(silent, good, anew, OVER), /^pass/, 'its successor may speak');
  const own = arp(
    { atMs: 400, from: access('nlb1'), to: [] },
    { operation: 'reply', senderMac: MACS.nlb1 ?? '', senderIp: '10.77.1.11', targetIp: '10.77.1.2' },
  );
  t.match(told(silent, good, own, OVER), /^pass/, 'and it for itself');
  t.match(told(silent, good, claim(300), OVER), /^pass/, 'at that very moment');
  t.match(told(silent, good, OVERRUN, claim(301), OVER), /^unknown: .* 1 were missed; otherwise: nlb1\/access spoke/);
  const atOnce = { ...announced[0], atNs: 100e6 } as (typeof announced)[number];
  t.match(told(silent, SEEN, HELD, beats, atOnce, [400, 620].flatMap(request), OVER), /^pass/, 'as it falls silent');
  t.match(told(silent, good, claim(299), OVER), /^pass/, 'before the announcement its lease may hold');
  t.match(told(silent, good, claim(301), OVER), /^fail: nlb1\/access spoke for .* 1 ms after/);
  t.match(told(silent, good, claim(605, 'request'), OVER), /^fail/, 'announcing is speaking');
  t.match(told(silent, good, removed, given, claim(690), OVER), /^pass/, 'it was given the address anew');
  t.match(told(silent, good, removed, given, claim(601), OVER), /^fail/, 'not before');
  t.match(told(silent, SEEN, HELD, beats, announced, request(400), OVER), /^unknown: .* 0 afterwards; too few/);
  t.same(shown(silent, SEEN, HELD, beats, announced, request(400), OVER), ['frame 600']);
  t.match(told(silent, SEEN, HELD, beats, announced, request(620), OVER), /^unknown: 0 requests .* before it woke/);
  t.match(
    told(silent, SEEN, HELD, beats, request(400), request(620), OVER),
    /^unknown: nlb2\/access announced nothing/,
  );
  t.match(told(silent, good.slice(3), OVER), /^unknown: frames of access/);
  const early = { ...announced[0], atNs: 50e6 } as (typeof announced)[number];
  t.match(told(silent, SEEN, HELD, beats, early, request(400), OVER), /^unknown/, 'an announcement of before');
  t.match(told(silent, good, early, claim(299), OVER), /^pass/, 'is none of its successor');
});

t.test('a stalled node forwards nothing once its successor has announced the address', async (t) => {
  const path = pathOf('nlb1');
  const done = forwardsNoMore({ ...stalled, path, clusterAddress: CLUSTER, successor: access('nlb2') });
  const good = [SEEN, HELD, beats, announced, handed(400, 620)].flat();
  t.match(told(done, good, OVER), /^pass: 1 packets were handed to nlb1\/access before it woke, 1 afterwards/);
  const other = { ...given, node: 'nlb2', atNs: 450e6 };
  t.match(
    told(done, good, other, sentOn(500), OVER),
    /^fail/,
    'that another is given the address makes nothing lawful',
  );
  t.match(told(done, good, OVER), /: it forwarded none$/);
  const check = packet(400, 'nlb1', { to: '10.77.2.21', port: 80 }, server('nlb1'));
  t.match(told(done, good, check, OVER), /^pass/, 'its checks are its own');
  t.match(told(done, good, sentOn(300), OVER), /^pass/, 'at that very moment');
  t.match(told(done, good, removed, given, sentOn(690), OVER), /^pass/, 'an event of its address is read late');
  t.match(told(done, good, removed, given, sentOn(689), OVER), /^fail/);
  t.match(
    told(done, good, OVERRUN, sentOn(301), OVER),
    /^unknown: .* 1 were missed; otherwise: nlb1\/server forwarded/,
  );
  const flooded = udp(
    { atMs: 620, from: access('fw1'), to: [access('nlb1')] },
    { source: MACS.fw1 ?? '', destination: MACS.nlb2 ?? '' },
    { source: CLIENT, sourcePort: 7, destination: CLUSTER, destinationPort: 7 },
  );
  t.match(told(done, SEEN, HELD, beats, announced, handed(400), flooded, OVER), /^unknown: .* 0 afterwards/);
  t.match(told(done, good, sentOn(299), OVER), /^pass/, 'before the announcement its lease may hold');
  t.match(
    told(done, good, sentOn(301), OVER),
    /^fail: nlb1\/server forwarded a packet 1 ms after its successor’s announcement/,
  );
  t.match(told(done, good, sentOn(640), OVER), /^fail/);
  t.match(told(done, good, removed, given, sentOn(750), OVER), /^pass/, 'it was given the address anew');
  t.match(told(done, good, sentOn(500, 'nlb2'), OVER), /^pass/, 'its successor is not meant');
  t.match(told(done, SEEN, HELD, beats, announced, handed(400), OVER), /^unknown: .* 0 afterwards; too few/);
  t.match(
    told(done, SEEN, HELD, beats, announced, handed(250, 620), OVER),
    /^unknown: 0 packets/,
    'handed before that',
  );
  t.match(told(done, SEEN, HELD, announced, handed(400, 620), OVER), /^unknown: nlb2\/access announced nothing/);
  t.match(told(done, SEEN, HELD, beats, handed(400, 620), OVER), /^unknown: nlb2\/access announced nothing/);
  t.match(told(done, good.slice(3), OVER), /^unknown: frames of access/);
});

t.test('clients’ packets go by the successor alone, once firewalls know it', async (t) => {
  const ends = { client: CLIENT, from: server('nlb1'), to: pathOf('nlb2') };
  const moved = clientsLeft({ ...stalled, ...ends, clusterAddress: CLUSTER, withinMs: 50 });
  const good = [SEEN, HELD, beats, announced, sentOn(400, 'nlb2')].flat();
  t.match(told(moved, good, OVER), 'pass: 1 packets of 198.51.100.10 went by nlb2, none by nlb1');
  t.same(shown(moved, good, sentOn(410, 'nlb2'), sentOn(420, 'nlb2'), OVER), ['frame 400', 'frame 410']);
  const by = (node: string, source: string, destination: string) =>
    udp(
      { atMs: 400, from: server(node), to: [] },
      { source: MACS.nlb1 ?? '', destination: MACS.nlb2 ?? '' },
      { source, sourcePort: 7, destination, destinationPort: 7 },
    );
  for (const [source, destination] of [
    ['198.51.100.99', CLUSTER],
    [CLIENT, '10.77.2.21'],
  ] as const) {
    t.match(told(moved, good, by('nlb1', source, destination), OVER), /^pass/, 'what is none of the client’s packets');
    t.match(told(moved, SEEN, HELD, beats, announced, by('nlb2', source, destination), OVER), /^unknown: 0 packets/);
  }
  t.match(told(moved, good, OVERRUN, sentOn(360), OVER), /^unknown: .* 1 were missed; otherwise: nlb1\/server/);
  t.match(told(moved, good, sentOn(340), OVER), /^pass/, 'on its way while the firewall heard the news');
  t.match(told(moved, good, sentOn(360), OVER), /^fail: nlb1\/server forwarded a client’s packet 60 ms after/);
  t.match(told(moved, good, sentOn(360), standstill(310, 320), OVER), /^pass/, 'the machine stood still');
  t.match(told(moved, good, removed, given, sentOn(690), OVER), /^pass/, 'it was given the address anew');
  t.match(told(moved, SEEN, HELD, beats, announced, OVER), /^unknown: 0 packets of .* 1 were wanted/);
  t.match(told(moved, SEEN, HELD, beats, sentOn(400, 'nlb2'), OVER), /^unknown: nlb2\/access announced nothing/);
  t.match(told(moved, good.slice(3), OVER), /^unknown: frames of server/);
});
