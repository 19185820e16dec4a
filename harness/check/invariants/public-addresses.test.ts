import t from 'tap';
import { encodeIcmp } from '../../capture/icmp.ts';
import { encodeIpv4 } from '../../capture/ipv4.ts';
import { internet, OVER, shown, told } from '../literal-history.ts';
import { at, CLUSTER, LOST, MAC, SEEN, SETTING } from './literal-setting.ts';
import { publicAddresses } from './public-addresses.ts';

const MACS = { source: MAC.fw1, destination: MAC.nlb1 };
const packet = (source: string, destination: string, leg = 'access') =>
  internet({ atMs: 1, from: at('fw1', leg), to: [] }, MACS, { source, destination, protocol: 17 }, new Uint8Array(8));

t.test('no public address is on a private segment but the cluster’s and the clients’', async (t) => {
  const claim = publicAddresses.claim(SETTING);
  t.match(told(claim, SEEN, packet('198.51.100.10', CLUSTER), OVER), /^pass: none of 1 frames/);
  t.match(told(claim, SEEN, packet('10.77.1.2', '224.0.0.18'), OVER), /^pass/, 'a group is nobody’s address');
  t.match(told(claim, SEEN, packet('0.0.0.0', '255.255.255.255'), OVER), /^pass/);
  t.match(
    told(claim, SEEN, packet('192.0.2.9', CLUSTER), OVER),
    /^fail: fw1\/access sent .* public address 192\.0\.2\.9/,
  );
  t.match(told(claim, SEEN, packet('10.77.1.2', '203.0.113.11'), OVER), /^fail: .* 203\.0\.113\.11/);
  const quoted = encodeIpv4({ source: '192.0.2.9', destination: CLUSTER, protocol: 6 }, new Uint8Array(8));
  const error = encodeIcmp({ type: 3, code: 4, rest: 0, payload: quoted });
  const header = { source: '10.77.1.2', destination: CLUSTER, protocol: 1 };
  const icmp = internet({ atMs: 1, from: at('fw1', 'access'), to: [] }, MACS, header, error);
  t.match(told(claim, SEEN, icmp, OVER), /^fail: .* 192\.0\.2\.9/, 'nor in what an ICMP error quotes');
  const of = (payload: Uint8Array) => internet({ atMs: 1, from: at('fw1', 'access'), to: [] }, MACS, header, payload);
  const echo = encodeIcmp({ type: 8, code: 0, rest: 0, payload: new Uint8Array(28) });
  t.match(told(claim, SEEN, of(echo), OVER), /^pass/, 'an echo quotes nobody');
  t.match(told(claim, SEEN, of(new Uint8Array(2)), OVER), /^pass/, 'nor does what is cut short');
  const cut = packet('198.51.100.10', CLUSTER).map((event) => ({ ...event, bytes: event.bytes.slice(0, 20) }));
  t.match(told(claim, SEEN, cut, OVER), /^pass: none of 1 frames/);
  const two = [packet('10.77.1.2', CLUSTER), packet('10.77.1.2', CLUSTER)];
  t.same(shown(claim, SEEN, ...two, OVER), ['frame 1'], 'one shows what they are like');
  const more = publicAddresses.claim({ ...SETTING, clientSubnets: ['192.0.2.0/24', '198.51.100.0/24'] });
  t.match(told(more, SEEN, packet('198.51.100.10', CLUSTER), OVER), /^pass/, 'of either subnet');
  t.match(told(claim, LOST, packet('198.51.100.10', CLUSTER), OVER), /^unknown: frames of access .* 3 were missed/);
  t.match(
    told(claim, SEEN, packet('192.0.2.9', CLUSTER, 'wan'), OVER),
    /^unknown: no frame/,
    'elsewhere they are lawful',
  );
});
