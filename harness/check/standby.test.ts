import t from 'tap';
import { encodeIcmp } from '../capture/icmp.ts';
import { encodeIpv4 } from '../capture/ipv4.ts';
import { internet, OVER, shown, tcp, told, udp, watched } from './literal-history.ts';
import { repliesBypass, standbySilent } from './standby.ts';

const CLUSTER = '203.0.113.10';
const CLIENT = '198.51.100.10';
const FW = { lan: 'access', node: 'fw1', leg: 'access' };
const FW_BACK = { lan: 'server', node: 'fw1', leg: 'server' };
const ACCESS = { lan: 'access', node: 'nlb2', leg: 'access' };
const SERVER = { lan: 'server', node: 'nlb2', leg: 'server' };
const SERVER1 = { lan: 'server', node: 'server1', leg: 'server' };
const STANDBY_MAC = '02:00:00:00:00:0c';
const FW_MAC = '02:00:00:00:00:01';
const TO_ACTIVE = { source: FW_MAC, destination: '02:00:00:00:00:0b' };
const TO_STANDBY = { source: FW_MAC, destination: STANDBY_MAC };
const SEEN = [watched('frames', 'access'), watched('frames', 'server')];
const FLOW = { source: CLIENT, sourcePort: 4711, destination: CLUSTER, destinationPort: 80 };
const BACK = { source: CLUSTER, sourcePort: 80, destination: CLIENT, destinationPort: 4711 };

const came = (atMs: number, macs: typeof TO_ACTIVE) => tcp({ atMs, from: FW, to: [ACCESS] }, macs, FLOW);
const sent = (atMs: number, flow = FLOW, from = SERVER) => tcp({ atMs, from, to: [SERVER1] }, TO_STANDBY, flow);
const beat = udp({ atMs: 3, from: ACCESS, to: [FW] }, TO_STANDBY, {
  ...FLOW,
  source: '10.77.1.12',
  destination: '10.77.1.11',
});

t.test('a standby sends nothing of the cluster, though it hears it', async (t) => {
  const options = { clusterAddress: CLUSTER, access: ACCESS, mac: STANDBY_MAC, ports: [ACCESS, SERVER], atLeast: 2 };
  const flooded = standbySilent({ ...options, reached: 'flooded' });
  const two = [came(1, TO_ACTIVE), came(2, TO_ACTIVE)].flat();
  t.match(told(flooded, SEEN, two, beat, OVER), /^pass: 2 flooded packets .* reached nlb2/);
  t.same(
    shown(
      flooded,
      SEEN,
      [1, 2, 3, 4].flatMap((atMs) => came(atMs, TO_ACTIVE)),
      OVER,
    ),
    ['frame 1.01', 'frame 2.01', 'frame 3.01'],
  );
  const cut = { source: '10.77.1.12', destination: '10.77.1.11', protocol: 17 };
  const short = internet({ atMs: 3, from: ACCESS, to: [] }, TO_STANDBY, cut, new Uint8Array(2));
  t.match(told(flooded, SEEN, two, short, OVER), /^pass/);
  t.match(told(flooded, SEEN, two, sent(3), OVER), /^fail: nlb2\/server sent/);
  t.match(told(flooded, SEEN, two, sent(3, BACK, ACCESS), OVER), /^fail: nlb2\/access sent/, 'a reset');
  const quoted = encodeIpv4({ source: CLIENT, destination: CLUSTER, protocol: 6 }, new Uint8Array(8));
  const ends = { source: '10.77.1.12', destination: CLIENT, protocol: 1 };
  const error = encodeIcmp({ type: 3, code: 3, rest: 0, payload: quoted });
  t.match(told(flooded, SEEN, two, internet({ atMs: 3, from: ACCESS, to: [] }, TO_ACTIVE, ends, error), OVER), /^fail/);
  t.match(told(flooded, SEEN, came(1, TO_ACTIVE), came(2, TO_STANDBY), OVER), /^unknown: 1 flooded/);
  t.match(told(flooded, two, OVER), /^unknown: frames of access/);
  t.match(told(flooded, watched('frames', 'access'), two, OVER), /^unknown: frames of server/);

  const addressed = standbySilent({ ...options, reached: 'addressed' });
  const own = [came(1, TO_STANDBY), came(2, TO_STANDBY)].flat();
  t.match(told(addressed, SEEN, own, OVER), /^pass: 2 addressed/);
  t.match(told(addressed, SEEN, own, sent(3), OVER), /^fail/);
  t.match(told(addressed, SEEN, two, OVER), /^unknown: 0 addressed/);
});

t.test('replies pass no load balancer', async (t) => {
  const balancers = [{ node: 'nlb2', macs: [STANDBY_MAC, '02:00:00:00:01:0c'], addresses: ['10.77.2.12'] }];
  const bypass = repliesBypass({ cluster: [CLUSTER], balancers, lans: ['access', 'server'], atLeast: 1 });
  const macs = { source: '02:00:00:00:01:15', destination: FW_MAC };
  const reply = (atMs: number, to = [FW_BACK, SERVER], flow = BACK, ends = macs) =>
    tcp({ atMs, from: SERVER1, to }, ends, flow);
  t.match(told(bypass, SEEN, reply(1), OVER), /^pass: 1 replies/, 'that the switch floods them there is no passing');
  t.match(told(bypass, SEEN, reply(1), sent(2, BACK), OVER), /^fail: a reply passed nlb2\/server/);
  const passedOn = tcp({ atMs: 2, from: SERVER, to: [FW_BACK] }, macs, BACK);
  t.match(told(bypass, SEEN, reply(1), passedOn, OVER), /^fail: a reply passed nlb2\/server/, 'whomever it sent it to');
  const handed = { ...macs, destination: '02:00:00:00:01:0c' };
  t.match(told(bypass, SEEN, reply(1), reply(2, [SERVER], BACK, handed), OVER), /^fail: a reply passed nlb2\/server/);
  const check = { ...BACK, destination: '10.77.2.12' };
  t.match(told(bypass, SEEN, reply(1), reply(2, [SERVER], check, handed), OVER), /^pass/, 'a health check is no reply');
  t.match(told(bypass, SEEN, reply(2, [SERVER], check, handed), OVER), /^unknown: 0 replies/);
  t.match(told(bypass, SEEN, came(1, TO_ACTIVE), OVER), /^unknown: 0 replies/);
  t.match(told(bypass, reply(1), OVER), /^unknown: frames of access/);
});
