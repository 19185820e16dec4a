import t from 'tap';
import { address, arp, OVER, told } from '../literal-history.ts';
import { at, LOST, MAC, NLBS, SEEN, SETTING } from './literal-setting.ts';
import { oneAnswerer } from './one-answerer.ts';

const claims = (atMs: number, node: 'nlb1' | 'nlb2', leg = 'access') =>
  arp(
    { atMs, from: at(node, leg), to: [] },
    { operation: 'request', senderMac: MAC[node], senderIp: NLBS, targetIp: NLBS },
  );
const change = (atMs: number, node: string, change: 'added' | 'removed') =>
  address(atMs, { node, device: 'access', address: `${NLBS}/32`, change });

t.test('no two load balancers speak for the address at a time', async (t) => {
  const claim = oneAnswerer.claim(SETTING);
  const first = [change(1, 'nlb1', 'added'), claims(2, 'nlb1')].flat();
  const second = [change(200, 'nlb1', 'removed'), change(300, 'nlb2', 'added'), claims(301, 'nlb2')].flat();
  t.match(told(claim, SEEN, first, second, OVER), /^pass: 2 claims .* nlb1, then nlb2/);
  t.match(told(claim, SEEN, first, claims(310, 'nlb1'), second.slice(1), OVER), /^fail: nlb1 still spoke/);
  const elsewhere = claims(310, 'nlb1', 'server');
  t.match(told(claim, SEEN, first, elsewhere, second, OVER), /^pass: 2 claims/, 'firewalls are on the access LAN');
  t.match(told(claim, SEEN, OVER), /^unknown: nobody answered/);
  t.match(told(claim, LOST, first, second, OVER), /^unknown: frames of access .* missed/);
});
