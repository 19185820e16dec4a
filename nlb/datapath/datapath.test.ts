import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import { findInterfaces } from './attach/interfaces.ts';
import { CLUSTER, ifindexOf, makeInterfaces, tables } from './kit/rig.ts';
import { openEmpty as open } from './kit/send.ts';
import { OUTCOMES } from './program/layout.ts';
import { openLease } from './tables/lease.ts';
import { NO_HEARTBEAT, type Tables } from './tables/tables.ts';

/** Before the data path has been told any. */
const NONE = { unprovenMs: 0, establishedMs: 0, finishedMs: 0, resetMs: 0, datagramsMs: 0, fragmentMs: 0 };

enterPrivateNamespaces(import.meta.url);
makeInterfaces();

t.test('what is applied can be read back, and applying it again changes nothing', async (t) => {
  const datapath = open(t);
  t.same(
    datapath.apply(tables()).map(({ table, change, subject }) => `${table} ${change} ${subject}`),
    [
      'settings changed 10.77.1.100, server access',
      'servers added 0 10.77.2.20',
      'servers added 1 10.77.2.21',
      'selections added udp 203.0.113.10:53',
      'selections added tcp 203.0.113.10:80',
      'services added udp 203.0.113.10:53',
      'services added tcp 203.0.113.10:80',
      'clusterAddresses added 203.0.113.10',
    ],
  );
  t.same(datapath.actual(), tables());
  t.same(datapath.apply(tables()), []);
});

t.test('only differences are written', async (t) => {
  const datapath = open(t);
  datapath.apply(tables());
  const wanted = tables();
  wanted.services[0]?.slots.fill(-1, 0, 1);
  wanted.services.pop();
  wanted.servers[0] = { id: 0, address: '10.77.2.20', kept: false };
  wanted.servers[1] = { id: 63, address: '10.77.2.63', mac: '02:00:00:00:00:63', kept: true };
  wanted.clusterAddresses.push('203.0.113.11');
  t.same(
    datapath.apply(wanted).map(({ table, change, subject }) => `${table} ${change} ${subject}`),
    [
      'servers added 63 10.77.2.63',
      'selections changed udp 203.0.113.10:53',
      'servers changed 0 10.77.2.20',
      'clusterAddresses changed 203.0.113.10',
      'clusterAddresses added 203.0.113.11',
      'services removed tcp 203.0.113.10:80',
      'servers removed 1',
    ],
  );
  t.same(datapath.actual(), wanted);
});

t.test('a server is written before a slot names it, and is marked as gone after no slot does', async (t) => {
  const datapath = open(t);
  datapath.apply(tables());
  const [first, ...others] = tables().servers;
  const slots = new Int32Array(65_537).fill(1);
  const without = {
    ...tables(),
    servers: [...(first ? [{ ...first, kept: false }] : []), ...others],
    services: tables().services.map((service) => ({ ...service, slots })),
  };
  const changes = (wanted: Tables) => datapath.apply(wanted).map(({ table, subject }) => `${table} ${subject}`);
  t.same(changes(without), ['selections udp 203.0.113.10:53', 'servers 0 10.77.2.20']);
  t.same(changes(tables()), ['servers 0 10.77.2.20', 'selections udp 203.0.113.10:53']);
});

t.test(
  'servers that are gone, persistence, services of any port, timeouts and limits are written and read back',
  async (t) => {
    const datapath = open(t);
    datapath.apply(tables());
    const wanted = tables();
    wanted.timeouts = { ...wanted.timeouts, resetMs: 1, fragmentMs: 3_600_000 };
    wanted.limits = { tcpPerSecond: 70_000, udpPerSecond: 1 };
    wanted.servers = wanted.servers.map((server) => ({ ...server, kept: server.id !== 1 }));
    const [dns, web] = wanted.services;
    if (dns) dns.persistence = { timeoutMs: 1, prefix: 1 };
    if (web) web.persistence = { timeoutMs: 3_600_000, prefix: 32 };
    wanted.services.splice(1, 0, { address: CLUSTER, protocol: 'tcp', port: 0, slots: new Int32Array(65_537).fill(0) });
    t.same(
      datapath.apply(wanted).map(({ table, change, subject }) => `${table} ${change} ${subject}`),
      [
        'settings changed 10.77.1.100, server access',
        'selections added tcp 203.0.113.10:0',
        'services added tcp 203.0.113.10:0',
        'services changed udp 203.0.113.10:53',
        'services changed tcp 203.0.113.10:80',
        'servers changed 1 10.77.2.21',
        'clusterAddresses changed 203.0.113.10',
      ],
    );
    const inOrder = [...wanted.services].sort((a, b) => a.port - b.port);
    t.same(datapath.actual(), { ...wanted, services: inOrder });
    t.same(datapath.apply(wanted), []);
  },
);

const vlan = spawnSync('ip', 'link add link access name access.5 type vlan id 5'.split(' '), { encoding: 'utf8' });
const noVlan = vlan.status !== 0 && `this kernel makes no VLAN interfaces (8021q): ${vlan.stderr.trim()}`;

t.test('the VLAN of an interface is found', { skip: noVlan }, async (t) => {
  t.teardown(() => run('ip link del access.5'));
  const [iface] = findInterfaces({ accessInterfaces: [], serverInterfaces: ['access.5'] }).present;
  t.same(iface?.vlan, { parent: ifindexOf('access'), id: 5 });
  t.equal(findInterfaces({ accessInterfaces: [], serverInterfaces: ['access'] }).present[0]?.vlan, undefined);
});

t.test('as many services as configured fit, and their ids are reused', async (t) => {
  const datapath = open(t);
  const service = (port: number) => ({
    address: CLUSTER,
    protocol: 'udp' as const,
    port,
    slots: new Int32Array(65_537).fill(port % 2),
  });
  const ports = (from: number) => Array.from({ length: 16 }, (_, index) => service(from + index));
  for (const from of [1000, 1000, 1016, 1040]) {
    if (from !== 1000) datapath.apply({ ...tables(), services: [] });
    datapath.apply({ ...tables(), services: ports(from) });
    const found = datapath.actual().services.map(({ port, slots }) => [port, slots.every((id) => id === port % 2)]);
    t.same(
      found,
      ports(from).map(({ port }) => [port, true]),
      `from port ${from}`,
    );
  }
});

const spread = (servers: number) => new Int32Array(65_537).map((_, slot) => slot % servers);
const services = (pools: Record<number, string>, slots: Record<string, Int32Array>) =>
  Object.entries(pools).map(([port, pool]) => {
    const selected = slots[pool] ?? spread(1);
    return { address: CLUSTER, protocol: 'tcp' as const, port: Number(port), pool, slots: selected };
  });

t.test('services of one pool share a row, and only the slots that differ are written, in place', async (t) => {
  const datapath = open(t);
  const [halves, thirds] = [spread(2), spread(3)];
  datapath.apply({ ...tables(), services: services({ 1: 'a', 2: 'a', 3: 'b' }, { a: halves, b: halves }) });
  const selected = () => datapath.actual().services.map(({ port, pool, slots }) => [port, pool, slots]);
  const first = `tcp ${CLUSTER}:1`;
  t.same(selected(), [
    [1, first, halves],
    [2, first, halves],
    [3, undefined, halves],
  ]);
  const changed = datapath.select(new Map([['a', thirds]]));
  t.same(changed, [{ table: 'selections', change: 'changed', subject: 'a' }]);
  t.same(datapath.select(new Map([['a', thirds]])), []);
  t.same(
    selected().map(([, , slots]) => slots),
    [thirds, thirds, halves],
  );
  t.throws(() => datapath.select(new Map([['c', thirds]])), /There is no pool c/);
});

t.test(
  'pools that split and merge leave no service with another one’s selection, in as many rows as there are services',
  async (t) => {
    const datapath = open(t);
    const slots = { a: spread(2), b: spread(3), c: spread(4), d: spread(5) };
    const ports = Array.from({ length: 16 }, (_, index) => index + 1);
    const by = (pool: (port: number) => string) => Object.fromEntries(ports.map((port) => [port, pool(port)]));
    const each = (port: number): string => `of ${port}`;
    const own = Object.fromEntries(ports.map((port) => [each(port), spread(port + 5)]));
    for (const [pools, selections] of [
      [by((port) => 'abcd'[port % 4] ?? 'a'), slots],
      [by(each), own],
      [by((port) => 'abcd'[port >> 2] ?? 'a'), slots],
      [by((port) => 'dcba'[port % 3] ?? 'a'), slots],
      [Object.fromEntries(ports.map((port) => [port + 16, each(port)])), own],
    ] as const) {
      const wanted = services(pools, selections);
      datapath.apply({ ...tables(), services: wanted });
      const found = datapath.actual().services.map(({ port, slots }) => [port, slots]);
      t.same(
        found,
        wanted.map(({ port, slots }) => [port, slots]),
      );
    }
  },
);

t.test('tables that contradict themselves are refused, and nothing is written', async (t) => {
  const datapath = open(t);
  const [server, service] = [tables().servers.slice(0, 1), tables().services.slice(0, 1)];
  for (const [problem, wrong] of Object.entries({
    'server id 64, of 64 at most': { servers: server.map((entry) => ({ ...entry, id: 64 })) },
    'two servers with one id': { servers: [...server, ...server] },
    'one service twice': { services: [...service, ...service] },
    'udp 203.0.113.10:53 is at no cluster address': { clusterAddresses: [] },
    'udp 203.0.113.10:53 persists for 0 ms, /24': {
      services: service.map((entry) => ({ ...entry, persistence: { timeoutMs: 0, prefix: 24 } })),
    },
    'udp 203.0.113.10:53 persists for 1 ms, /33': {
      services: service.map((entry) => ({ ...entry, persistence: { timeoutMs: 1, prefix: 33 } })),
    },
    'web is a pool with two selections': {
      services: tables().services.map((entry) => ({ ...entry, pool: 'web' })),
    },
    'udp 203.0.113.10:53 has 3 slots': { services: service.map((entry) => ({ ...entry, slots: new Int32Array(3) })) },
    '17 services, of 16 at most': {
      services: Array.from({ length: 17 }, () => tables().services[0] ?? service[0]).flatMap((entry) => entry ?? []),
    },
  })) {
    t.throws(
      () => datapath.apply({ ...tables(), ...wrong }),
      new RangeError(`Tables that cannot be applied: ${problem}`),
    );
  }
  t.same(datapath.actual(), {
    nlbs: '0.0.0.0',
    heartbeat: NO_HEARTBEAT,
    timeouts: NONE,
    limits: { tcpPerSecond: 0, udpPerSecond: 0 },
    clusterAddresses: [],
    servers: [],
    services: [],
  });
});

t.test('an interface whose hardware address changes is followed', async (t) => {
  const datapath = open(t, 'tc');
  datapath.apply(tables());
  run('ip link set access address 02:00:00:00:00:77');
  t.teardown(() => run('ip link set access address 02:00:00:00:00:01'));
  t.match(datapath.apply(tables()), [{ table: 'settings', change: 'changed' }]);
});

t.test('another thread sets the lease without a system call', async (t) => {
  const datapath = open(t);
  const lease = openLease(datapath.leaseFd);
  t.teardown(() => lease.close());
  t.same(lease.get(), { answerUntilNs: 0n, forwardUntilNs: 0n }, 'none at first');
  const work = `const { openLease } = await import('${import.meta.resolve('./tables/lease.ts')}');
    const lease = openLease(${datapath.leaseFd});
    lease.set(123456789012345678n, 2n ** 63n);
    lease.close();`;
  const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(work)}`));
  t.same(await once(worker, 'exit'), [0]);
  t.same(lease.get(), { answerUntilNs: 123456789012345678n, forwardUntilNs: 2n ** 63n });
});

t.test('a renewal does not undo what the data path has done to the lease meanwhile', async (t) => {
  const lease = openLease(open(t).leaseFd);
  t.teardown(() => lease.close());
  lease.set(1n, 2n);
  t.ok(lease.moveForwarding(2n, 3n));
  t.same(lease.get(), { answerUntilNs: 1n, forwardUntilNs: 3n });
  lease.endForwarding();
  t.notOk(lease.moveForwarding(3n, 4n));
  t.same(lease.get(), { answerUntilNs: 1n, forwardUntilNs: 0n });
});

t.test('a closed lease throws instead of touching what is no longer mapped', async (t) => {
  const lease = openLease(open(t).leaseFd);
  lease.close();
  lease.close();
  t.throws(() => lease.set(1n, 1n), /closed/);
  t.throws(() => lease.get(), /closed/);
  t.throws(() => lease.peerAskedNs(), /closed/);
});

t.test('every outcome has a counter, which begins at zero', async (t) => {
  const outcomes = open(t).outcomes();
  t.same(Object.keys(outcomes), OUTCOMES);
  t.ok(Object.values(outcomes).every(({ packets, bytes }) => packets === 0n && bytes === 0n));
});
