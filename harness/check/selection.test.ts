import t from 'tap';
import { probe, served, shown, told } from './literal-history.ts';
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
  const turned = [served(1, 'server2', '198.51.100.10:3', TARGET), served(2, 'server1', '198.51.100.10:3', TARGET)];
  t.match(told(one, two, turned), /^fail: .*:3 was served by several: server1, server2$/);
  const four = [1, 2, 3, 4].map((port) => served(port, 'server1', `198.51.100.10:${port}`, TARGET));
  t.same(shown(one, four), ['served 1', 'served 2', 'served 3']);
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
  const kept = [of('a', 'server1', 1), of('a', 'server1', 3)];
  const corrupt = probe(4, { flow: 'a', sequence: 4, server: 'server2', outcome: 'corrupt' });
  const nameless = probe(5, { flow: 'a', sequence: 5 });
  t.match(told(keeps, kept, corrupt, nameless), /^pass: each of 1 flows/, 'an answer that says whose it is counts');
  const three = ['a', 'b', 'c', 'd'].flatMap((flow, i) => [1, 11, 21].map((atMs) => of(flow, 'server1', atMs + i)));
  t.same(shown(keeps, three), ['probe 1', 'probe 11', 'probe 2', 'probe 12', 'probe 3', 'probe 13']);
  t.match(told(keeps, of('a', 'server1', 1), probe(2, { outcome: 'lost' })), /^unknown: 0 flows had several/);
  t.match(told(keeps), /^unknown/);
});
