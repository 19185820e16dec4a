import t from 'tap';
import { followsHardwareAddress, sendsFrom } from './hardware-address.ts';
import { act, arp, OVER, shown, tcp, told, watched } from './literal-history.ts';

const SERVER = { lan: 'server', node: 'nlb1', leg: 'server' };
const SERVER1 = { lan: 'server', node: 'server1', leg: 'server' };
const ACCESS = { lan: 'access', node: 'nlb1', leg: 'access' };
const [BEFORE, NOW] = ['02:00:00:00:01:15', '02:00:5e:00:53:15'];
const [ADDRESS, CLUSTER] = ['10.77.2.21', '203.0.113.10'];
const SEEN = watched('frames', 'server');
const CHANGE = act(100, 'change', 'server1');

const sent = (atMs: number, destination: string, to = CLUSTER) =>
  tcp(
    { atMs, from: SERVER, to: [SERVER1] },
    { source: '02:00:00:00:01:0b', destination },
    {
      source: '198.51.100.10',
      sourcePort: 4711,
      destination: to,
      destinationPort: 80,
    },
  );
/** The server asks for somebody. */
const names = (atMs: number, senderMac = NOW, senderIp = ADDRESS) =>
  arp({ atMs, from: SERVER1, to: [SERVER] }, { operation: 'request', senderMac, senderIp, targetIp: '10.77.2.1' });

t.test('packets go to a server’s new hardware address, soon after it was named', async (t) => {
  const options = {
    path: { access: ACCESS, mac: '02:00:00:00:00:0b', server: SERVER },
    clusterAddress: CLUSTER,
    address: ADDRESS,
    before: BEFORE,
    now: NOW,
    after: { what: 'change', node: 'server1' },
    withinMs: 50,
    atLeast: 2,
  };
  const follows = followsHardwareAddress(options);
  const before = [...sent(10, BEFORE), ...sent(20, BEFORE), ...sent(130, BEFORE)];
  const later = [...sent(180, NOW), ...sent(190, NOW)];
  t.equal(
    told(follows, SEEN, CHANGE, before, names(150), later, OVER),
    'pass: 2 packets were sent to 02:00:00:00:01:15, and then 2 to 02:00:5e:00:53:15, the first 29.99 ms after it was named ' +
      'and 80 ms after the change',
  );
  t.match(told(follows, SEEN, CHANGE, before, names(150), later, sent(195, BEFORE), OVER), /^pass/, 'it has 50 ms');
  t.match(told(follows, SEEN, CHANGE, before, names(150), later, sent(200.01, BEFORE), OVER), /^pass/, 'just so long');
  t.match(
    told(follows, SEEN, CHANGE, before, names(150), later, act(200.01, 'over')),
    /^pass/,
    'of which all was seen',
  );
  const justThen = [...sent(200.01, NOW), ...sent(210, NOW)];
  t.match(told(follows, SEEN, CHANGE, before, names(150), justThen, OVER), /^pass/);
  t.match(told(follows, SEEN, CHANGE, before.slice(0, 4), names(99.99), sent(120, NOW), sent(130, NOW), OVER), /^pass/);
  t.match(
    told(follows, SEEN, CHANGE, sent(10, BEFORE), sent(100, BEFORE), names(150), later, OVER),
    /^unknown: 1 packets/,
  );
  t.same(shown(follows, SEEN, CHANGE, before, names(150), later, OVER), ['act 100', 'frame 150.01', 'frame 180']);
  t.same(shown(follows, SEEN, CHANGE, before, later, OVER), ['act 100']);
  t.same(shown(follows, SEEN, CHANGE, before, names(150), later), ['act 100']);
  t.match(
    told(follows, SEEN, CHANGE, before, names(150), later, sent(210, BEFORE), OVER),
    /^fail: nlb1\/server still sent to .*15 59.99 ms after .* was named/,
  );
  t.match(
    told(follows, SEEN, CHANGE, before, names(150), sent(220, NOW), OVER),
    /^fail: .* nothing to .* within 50 ms/,
  );
  t.match(told(follows, SEEN, CHANGE, before, names(150), OVER), /^fail: .* nothing to/);
  t.match(told(follows, SEEN, CHANGE, before, names(150), sent(180, NOW, ADDRESS), OVER), /^fail/, 'its own traffic');
  t.match(told(follows, SEEN, CHANGE, before, later, OVER), /^unknown: .* did not name/);
  t.match(told(follows, SEEN, CHANGE, before, names(90), names(150, BEFORE), later, OVER), /^unknown: .* did not name/);
  t.match(told(follows, SEEN, CHANGE, before, names(150, NOW, '10.77.2.22'), later, OVER), /^unknown: .* did not name/);
  t.match(told(follows, SEEN, CHANGE, before, names(150), sent(180, NOW), OVER), /^unknown: .* 2 each were wanted/);
  t.match(told(follows, SEEN, CHANGE, before.slice(2), names(150), later, OVER), /^unknown: 1 packets/);
  t.match(told(follows, SEEN, CHANGE, before, names(150), later), /^unknown: the test ended within 50 ms/);
  t.match(told(follows, SEEN, before, names(150), later, OVER), /^unknown: "change" on server1 was not done/);
  t.match(told(follows, CHANGE, before, names(150), later, OVER), /^unknown: frames of server/);
});

t.test('after the change of its own hardware address a node sends from the new one alone', async (t) => {
  const leaves = (atMs: number, source: string, to = CLUSTER) =>
    tcp(
      { atMs, from: SERVER, to: [SERVER1] },
      { source, destination: BEFORE },
      { source: '198.51.100.10', sourcePort: 4711, destination: to, destinationPort: 80 },
    );
  const OWN = '02:00:00:00:01:0b';
  const after = { what: 'change', node: 'server1' };
  const own = sendsFrom({ port: SERVER, clusterAddress: CLUSTER, mac: NOW, after, withinMs: 50, atLeast: 2 });
  const later = [...leaves(160, NOW), ...leaves(170, NOW)];
  t.match(told(own, SEEN, CHANGE, leaves(90, OWN), leaves(140, OWN), later, OVER), /^pass: 2 packets were sent from/);
  t.same(shown(own, SEEN, CHANGE, later, leaves(180, NOW), OVER), ['act 100', 'frame 160', 'frame 170']);
  t.same(shown(own, SEEN, CHANGE, leaves(160, NOW), OVER), ['act 100']);
  t.match(
    told(own, SEEN, CHANGE, later, leaves(180, OWN), OVER),
    /^fail: nlb1\/server still sent from .*0b 80 ms after/,
  );
  t.match(told(own, SEEN, CHANGE, later, leaves(180, OWN, ADDRESS), OVER), /^pass/, 'its own traffic');
  t.match(told(own, SEEN, CHANGE, leaves(120, NOW), leaves(160, NOW), OVER), /^unknown: 1 packets were sent later/);
  t.match(told(own, SEEN, later, OVER), /^unknown: .* was not done/);
  t.match(told(own, watched('frames', 'server', 1), CHANGE, later, OVER), /^unknown/, 'not all was seen');
});
