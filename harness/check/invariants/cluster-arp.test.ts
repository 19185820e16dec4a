import t from 'tap';
import { arp, OVER, told, watched } from '../literal-history.ts';
import { clusterArp } from './cluster-arp.ts';
import { at, CLUSTER, LOST, MAC, SEEN, SETTING } from './literal-setting.ts';

const says = (atMs: number, node: 'fw1' | 'nlb1' | 'server1', senderIp: string, targetIp: string, leg = 'server') =>
  arp(
    { atMs, from: at(node, leg), to: [] },
    { operation: 'request', senderMac: node === 'nlb1' ? MAC.nlb1Server : MAC[node], senderIp, targetIp },
  );

t.test('no ARP packet asks for a cluster address or comes from one', async (t) => {
  const claim = clusterArp.claim(SETTING);
  const usual = says(1, 'nlb1', '10.77.2.11', '10.77.2.21');
  t.match(told(claim, SEEN, usual, OVER), /^pass: none of 1 frames/);
  t.match(
    told(claim, SEEN, usual, says(2, 'server1', CLUSTER, '10.77.2.1'), OVER),
    /^fail: server1\/server sent ARP from 203/,
  );
  t.match(
    told(claim, SEEN, usual, says(2, 'nlb1', '10.77.2.11', CLUSTER), OVER),
    /^fail: nlb1\/server sent ARP for 203/,
  );
  t.match(told(claim, SEEN, says(2, 'nlb1', CLUSTER, CLUSTER, 'access'), OVER), /^fail: nlb1\/access/);
  t.match(told(claim, SEEN, says(2, 'fw1', '10.77.1.2', CLUSTER, 'access'), OVER), /^fail: fw1\/access/);
  const cut = usual.map((event) => ({ ...event, bytes: event.bytes.slice(0, 20) }));
  t.match(told(claim, SEEN, usual, cut, OVER), /^pass: none of 2 frames/, 'what is cut says nothing');
  t.match(told(claim, LOST, usual, OVER), /^unknown: frames of access were watched, but 3 were missed/);
  t.match(told(claim, LOST, says(2, 'nlb1', CLUSTER, CLUSTER), OVER), /^fail/, 'what was seen was sent');
  t.match(told(claim, watched('frames', 'access'), usual, OVER), /^unknown: frames of server were not watched/);
  t.match(told(claim, SEEN, OVER), /^unknown: no frame was seen/);
});
