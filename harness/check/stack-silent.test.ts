import t from 'tap';
import { OVER, tcp, told, watched } from './literal-history.ts';
import { stackNeverAnswers } from './stack-silent.ts';

const NLB1 = { lan: 'access', node: 'nlb1', leg: 'access' };
const FW1 = { lan: 'access', node: 'fw1', leg: 'access' };
const MACS = { source: '02:00:00:00:00:01', destination: '02:00:00:00:00:0b' };
const [CLIENT, CLUSTER] = ['198.51.100.10', '203.0.113.10'];
const SEEN = watched('frames', 'access');

const request = (atMs: number, destination = CLUSTER) =>
  tcp({ atMs, from: FW1, to: [NLB1] }, MACS, { source: CLIENT, sourcePort: 4711, destination, destinationPort: 80 });
const answer = (atMs: number, source = CLUSTER) =>
  tcp({ atMs, from: NLB1, to: [FW1] }, MACS, { source, sourcePort: 80, destination: CLIENT, destinationPort: 4711 });

const silent = stackNeverAnswers({ address: CLUSTER, ports: [NLB1], atLeast: 2 });

t.test('nothing that came for the cluster address is answered from it', async (t) => {
  t.match(told(silent, SEEN, request(1), request(2), OVER), /^pass: none of 2 packets for 203.0.113.10 was answered/);
  t.match(told(silent, SEEN, request(1), request(2), answer(3), OVER), /^fail: nlb1\/access sent a packet from 203/);
  t.match(told(silent, SEEN, answer(3), OVER), /^fail/, 'whatever came');
  t.match(told(silent, SEEN, request(1), request(2), answer(3, '10.77.1.11'), OVER), /^pass/, 'its own traffic');
  t.match(told(silent, SEEN, request(1), OVER), /^unknown: 1 packets for .* came; 2 were wanted/);
  t.match(told(silent, SEEN, request(1), request(2, '10.77.1.11'), OVER), /^unknown: 1 packets/);
  t.match(told(silent, watched('frames', 'access', 1), request(1), request(2), OVER), /^unknown/, 'not all was seen');
});
