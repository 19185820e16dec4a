import t from 'tap';
import { encodeIcmp } from '../../capture/icmp.ts';
import { encodeIpv4 } from '../../capture/ipv4.ts';
import { internet, OVER, told } from '../literal-history.ts';
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
  t.match(told(claim, LOST, packet('198.51.100.10', CLUSTER), OVER), /^unknown: frames of access .* 3 were missed/);
  t.match(
    told(claim, SEEN, packet('192.0.2.9', CLUSTER, 'wan'), OVER),
    /^unknown: no frame/,
    'elsewhere they are lawful',
  );
});
