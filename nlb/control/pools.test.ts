import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { poolsOf } from './pools.ts';

const SERVICES = [
  '{ name: a, address: 203.0.113.10, protocol: tcp, port: 80 }',
  '{ name: b, address: 203.0.113.11, protocol: tcp, port: 80 }',
  '{ name: c, address: 203.0.113.10, protocol: tcp, port: 81 }',
  '{ name: d, address: 203.0.113.10, protocol: tcp, port: 82, check: { port: 80 } }',
  '{ name: e, address: 203.0.113.10, protocol: tcp, port: 83, check: { port: 80, fall: 3 } }',
  '{ name: f, address: 203.0.113.10, protocol: tcp, port: 84, servers: [one], check: { port: 80 } }',
  '{ name: g, address: 203.0.113.10, protocol: udp, port: 80 }',
  '{ name: h, address: 203.0.113.11, protocol: udp, port: 99 }',
  '{ name: i, address: 203.0.113.11, protocol: tcp, port: any, servers: [two, one], check: { port: 80 } }',
];
const config = parseConfig(
  `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
heartbeat: { insecure: true }
clusterAddresses: [203.0.113.10, 203.0.113.11]
servers: [{ name: one, address: 10.77.2.21, weight: 3 }, { name: two, address: 10.77.2.22, draining: true }]
services: [${SERVICES.join(', ')}]
`,
  'nlb.yaml',
);
const ids = new Map([
  ['one', 1],
  ['two', 2],
]);

t.test('services with the same servers and the same check are one pool, whatever their address', async (t) => {
  const pools = poolsOf(config, ids);
  t.same(
    pools.map(({ name, services }) => [name, services.map((service) => service.name).join('')]),
    [
      ['tcp 203.0.113.10:80', 'abdi'],
      ['tcp 203.0.113.10:81', 'c'],
      ['tcp 203.0.113.10:83', 'e'],
      ['tcp 203.0.113.10:84', 'f'],
      ['udp 203.0.113.10:80', 'gh'],
    ],
  );
  t.same(pools[0]?.members, [
    { id: 1, name: 'one', address: '10.77.2.21', weight: 3, draining: false, verdict: 'a on one' },
    { id: 2, name: 'two', address: '10.77.2.22', weight: 1, draining: true, verdict: 'a on two' },
  ]);
  t.equal(pools.at(-1)?.check, undefined);
});

t.test('where two nodes must mean the same by a pool, each service has its own', async (t) => {
  const pools = poolsOf(config, ids, false);
  t.same(pools.map(({ name, services }) => [name, services.map((service) => service.name).join('')]).slice(0, 3), [
    ['tcp 203.0.113.10:80', 'a'],
    ['tcp 203.0.113.11:80', 'b'],
    ['tcp 203.0.113.10:81', 'c'],
  ]);
  t.equal(pools.length, config.services.length);
});
