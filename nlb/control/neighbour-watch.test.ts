import { createSocket } from 'node:dgram';
import t from 'tap';
import { parseConfig } from '../config/load.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { listNeighbours } from '../kernel/neighbours.ts';
import { enterPrivateNamespaces, openNamespace, run, until } from '../kernel/private-namespaces.ts';
import { watchNeighbours } from './neighbour-watch.ts';

enterPrivateNamespaces(import.meta.url);

/** Both legs, with the peer at the other end of each, and on one of them a server. */
const others = await openNamespace();
t.teardown(others.close);
const ADDRESSES = { access: ['10.77.1.12'], server: ['10.77.2.12', '10.77.2.21'] };
for (const [i, leg] of (['access', 'server'] as const).entries()) {
  run(`ip link add ${leg} type veth peer name ${leg} netns ${others.pid}`);
  run(`ip addr add 10.77.${i + 1}.11/24 dev ${leg}`);
  run(`ip link set ${leg} up`);
  for (const address of ADDRESSES[leg]) others.run(`ip addr add ${address}/24 dev ${leg}`);
}

const config = parseConfig(
  `node: nlb1
access: { interface: access, address: 10.77.1.11 }
server: { interface: server, address: 10.77.2.11 }
nlbs: 10.77.1.100
peer: { name: nlb2, access: 10.77.1.12, server: 10.77.2.12 }
clusterAddresses: [203.0.113.10]
servers: [{ name: server1, address: 10.77.2.21 }]
services: [{ name: http, address: 203.0.113.10, protocol: tcp, port: 80 }]
heartbeat: { insecure: true }`,
  'nlb.yaml',
);
const all = Object.entries(ADDRESSES).flatMap(([leg, addresses]) =>
  addresses.map((address) => [leg, address] as const),
);
const stateOf = (leg: string, address: string) =>
  listNeighbours(findInterface(leg)?.ifindex ?? 0).find((neighbour) => neighbour.address === address)?.state;

/** Linux asks a second after it has asked in vain, and keeps what is sent until then. */
const SOON_MS = 500;

t.test(
  'when a link is back, whoever was asked for in vain is found at once, and what was sent is dropped',
  async (t) => {
    const watch = watchNeighbours(new Map());
    watch.look(config, new Set());
    t.notOk(watch.isLinked(), 'no carrier on the server side');
    const socket = createSocket('udp4');
    t.teardown(() => socket.close());
    for (const [, address] of all) await new Promise((sent) => socket.send('held up', 9, address, sent));
    await until(() => all.every(([leg, address]) => stateOf(leg, address) === 'INCOMPLETE'), 'all are asked for');
    for (const leg of Object.keys(ADDRESSES)) others.run(`ip link set ${leg} up`);
    await until(() => Object.keys(ADDRESSES).every((leg) => findInterface(leg)?.running), 'a carrier on both legs');
    const sinceMs = performance.now();
    watch.look(config, new Set());
    t.ok(watch.isLinked());
    await until(() => all.every(([leg, address]) => stateOf(leg, address) === 'REACHABLE'), 'all are found');
    const tookMs = performance.now() - sinceMs;
    t.ok(tookMs < SOON_MS, `found after ${Math.round(tookMs)} ms`);
    watch.look(config, new Set());
    t.same([...watch.hardware().keys()], ['10.77.2.21']);
    const refusals = /NoPorts|UdpNoPorts/;
    const [names, values] = others
      .run('cat /proc/net/snmp')
      .split('\n')
      .filter((line) => line.startsWith('Udp:'));
    const at = names?.split(' ').findIndex((name) => refusals.test(name)) ?? 0;
    t.equal(values?.split(' ')[at], '0', 'what was sent while the link was down came to nobody');
  },
);

t.test('a leg that is gone is no link', async (t) => {
  const watch = watchNeighbours(new Map());
  watch.look(config, new Set());
  t.ok(watch.isLinked());
  run('ip link del server');
  watch.look(config, new Set());
  t.notOk(watch.isLinked());
});
