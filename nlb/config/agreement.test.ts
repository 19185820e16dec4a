import t from 'tap';
import { differing, digestOf } from './agreement.ts';
import { parseConfig } from './load.ts';

const text = `node: nlb1
primary: true
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10, 203.0.113.11]
servers: [{ name: server1, address: 10.77.2.21 }, { name: server2, address: 10.77.2.22, weight: 2 }]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
`;
const digest = (...changes: [from: string, to: string][]) => {
  const changed = changes.reduce((before, [from, to]) => {
    t.ok(before.includes(from), from);
    return before.replace(from, to);
  }, text);
  return digestOf(parseConfig(changed, 'nlb.yaml'));
};

t.test('what differs is named by its section', async (t) => {
  const changes: [string, string, string[]][] = [
    ['weight: 2', 'weight: 3', ['servers']],
    ['port: 80 ', 'port: 81 ', ['services']],
    ['10.77.1.100', '10.77.1.101', ['nlbs']],
    [', 203.0.113.11', '', ['clusterAddresses']],
    ['nlbs:', 'recovery: { strategy: automatic }\nnlbs:', ['recovery']],
    ['nlbs:', 'reach: { targets: [{ name: fw, address: 10.77.1.1 }] }\nnlbs:', ['reach']],
    ['nlbs:', 'timeouts: { datagramsMs: 1000 }\nnlbs:', ['timeouts']],
  ];
  for (const [from, to, names] of changes) t.same(differing(digest(), digest([from, to])), names, to);
  t.same(differing(digest(), digest(['weight: 2', 'weight: 3'], ['port: 80 ', 'port: 81 '])), ['servers', 'services']);
});

t.test('what is each node’s own, a default that is written out, and another order, make no difference', async (t) => {
  const same: [string, string][] = [
    ['node: nlb1\nprimary: true', 'node: nlb3'],
    ['10.77.1.11', '10.77.1.13'],
    ['insecure: true', 'insecure: true, intervalMs: 20, leaseMs: 150, deadAfterMs: 200'],
    ['203.0.113.10, 203.0.113.11', '203.0.113.11, 203.0.113.10'],
    ['name: server1, address: 10.77.2.21', 'weight: 1, address: 10.77.2.21, name: server1'],
  ];
  for (const change of same) t.same(differing(digest(), digest(change)), [], change[1]);
});

t.test('a section that only one of the two knows says nothing', async (t) => {
  const { 7: _, ...older } = digest();
  t.same(differing(digest(['nlbs:', 'recovery: { strategy: automatic }\nnlbs:']), older), []);
  t.same(differing({ ...digest(), 99: '01020304' }, digest()), []);
});
