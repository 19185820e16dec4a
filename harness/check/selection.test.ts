import t from 'tap';
import { probe, served, told } from './literal-history.ts';
import { acceptedByOne, oneServerPerFlow } from './selection.ts';

const TARGET = '203.0.113.10:80';

t.test('a flow is accepted by one server alone', async (t) => {
  const one = acceptedByOne({ target: TARGET, servers: ['server1', 'server2'], atLeast: 2 });
  const two = [served(1, 'server1', '198.51.100.10:1', TARGET), served(2, 'server2', '198.51.100.10:2', TARGET)];
  t.match(told(one, two, served(3, 'server1', '198.51.100.10:1', TARGET)), /^pass: each of 2 flows/);
  t.match(
    told(one, two, served(3, 'server2', '198.51.100.10:1', TARGET)),
    /^fail: .*:1 was served by several: server1, server2/,
  );
  t.match(told(one, two, served(3, 'nlb1', '198.51.100.10:3', TARGET)), /^fail: nlb1, which is no server/);
  t.match(
    told(one, two, served(3, 'server2', '198.51.100.10:1', '203.0.113.10:7')),
    /^pass/,
    'another service is another flow',
  );
  t.match(told(one, two.slice(1)), /^unknown: 1 flows/);
  t.match(told(one), /^unknown: 0 flows/);
});

t.test('a flow keeps to its server', async (t) => {
  const keeps = oneServerPerFlow({ atLeast: 1 });
  const of = (flow: string, server: string, atMs: number) => probe(atMs, { flow, server, sequence: atMs });
  t.match(told(keeps, of('a', 'server1', 1), of('b', 'server2', 2), of('a', 'server1', 3)), /^pass: each of 1 flows/);
  t.match(told(keeps, of('a', 'server1', 1), of('a', 'server2', 2)), /^fail: flow a went from server1 to server2/);
  t.match(told(keeps, of('a', 'server1', 1), probe(2, { outcome: 'lost' })), /^unknown: 0 flows had several/);
  t.match(told(keeps), /^unknown/);
});
