import t from 'tap';
import { OVER, tcp, told } from '../literal-history.ts';
import { at, CLUSTER, LOST, MAC, SEEN, SETTING } from './literal-setting.ts';
import { repliesBypassing } from './replies-bypass.ts';

const BACK = { source: CLUSTER, sourcePort: 80, destination: '198.51.100.10', destinationPort: 4711 };
const reply = (atMs: number, destination: string) =>
  tcp({ atMs, from: at('server1', 'server'), to: [at('nlb1', 'server')] }, { source: MAC.server1, destination }, BACK);

t.test('no reply passes a load balancer', async (t) => {
  const claim = repliesBypassing.claim(SETTING);
  t.match(told(claim, SEEN, reply(1, MAC.fw1), OVER), /^pass: 1 replies/, 'flooded to it is not handed to it');
  t.match(told(claim, SEEN, reply(1, MAC.nlb1Server), OVER), /^fail: a reply passed nlb1\/server/);
  t.match(told(claim, SEEN, reply(1, MAC.nlb2Server), OVER), /^pass/, 'nor what is for the other one');
  t.match(told(claim, SEEN, OVER), /^unknown: 0 replies/);
  t.match(told(claim, LOST, reply(1, MAC.fw1), OVER), /^unknown: frames of access .* missed/);
});
