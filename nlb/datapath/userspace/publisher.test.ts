import t from 'tap';
import { enterPrivateNamespaces, run } from '../../kernel/private-namespaces.ts';
import { openDatapath } from '../datapath.ts';
import { makeNode, open } from '../kit/node.ts';
import { CLUSTER, options, pinDirectory, tables, withoutSlots } from '../kit/rig.ts';
import type { Tables } from '../tables/tables.ts';
import { directoryFor } from './directory.ts';
import { readPublished } from './published.ts';
import { openPublisher } from './publisher.ts';

enterPrivateNamespaces(import.meta.url);
makeNode(t);

t.test('a server that is removed is there as long as a slot may name it', async (t) => {
  const pins = pinDirectory(t);
  open(t, pins);
  const directory = directoryFor(pins);
  const published = readPublished(directory);
  if (!published) throw new Error('nothing is published');
  const known = (): number[] => readPublished(directory)?.tables.servers.map(({ id }) => id) ?? [];
  const whileWriting: number[][] = [];
  const write = (): number => whileWriting.push(known());
  const parts = { directory, selections: { write }, ready: () => {} };
  const { apply } = openPublisher(parts, { ...published, tables: tables() }, options(pins));
  const [first] = tables().servers;
  const services = tables().services.map((service) => ({ ...service, slots: new Int32Array(65_537).fill(0) }));
  apply({ ...tables(), servers: first ? [first] : [], services });
  t.same(whileWriting, [
    [0, 1],
    [0, 1],
  ]);
  t.same(known(), [0], 'and no longer');
});

t.test('tables without slots are refused: here no other thread writes any', async (t) => {
  const beside = open(t);
  t.throws(() => beside.apply(withoutSlots(tables())), /in mode userspace udp .* needs slots/);
  t.equal(beside.poolRows, undefined);
  t.equal(beside.heldFlowsParts, undefined);
});

t.test('tables are written, read back and changed as in the kernel', async (t) => {
  const beside = open(t);
  const kernel = openDatapath({ ...options(pinDirectory(t)), mode: 'tc', first: tables() });
  t.teardown(() => kernel.remove());
  const slots = (id: number): Int32Array => new Int32Array(65_537).fill(id);
  const [first, second] = tables().servers;
  const [dns, web] = tables().services;
  if (!first || !second || !dns || !web) throw new Error('the rig has two servers and two services');
  const any = { address: CLUSTER, protocol: 'tcp' as const, port: 0, slots: slots(0) };
  const situations: Partial<Tables>[] = [
    {},
    { clusterAddresses: ['203.0.113.11', CLUSTER] },
    { nlbs: '10.77.1.101', timeouts: { ...tables().timeouts, resetMs: 1 } },
    {
      servers: [
        { ...second, id: 63, kept: false },
        { ...first, mac: '02:00:00:00:00:63' },
      ],
    },
    { services: [{ ...web, slots: slots(-1) }, any, { ...dns, persistence: { timeoutMs: 1, prefix: 24 } }] },
    { services: [any] },
    { clusterAddresses: [], services: [], servers: [] },
  ];
  for (const situation of [...situations, ...situations.toReversed()]) {
    const [changed, same] = [kernel, beside].map((datapath) =>
      datapath
        .apply({ ...tables(), ...situation })
        .map((change) => Object.values(change).join(' '))
        .sort(),
    );
    // In the kernel a service's fragments are told with its cluster address; here nobody needs to be told.
    t.same(
      same,
      changed?.filter((change) => !change.startsWith('clusterAddresses changed')),
      JSON.stringify(Object.keys(situation)),
    );
    t.same(beside.actual(), kernel.actual());
  }
  t.throws(() => beside.apply({ ...tables(), clusterAddresses: [] }), /is at no cluster address/);
});

t.test(
  'the guard is put anew when an interface is another one, not when it has another hardware address',
  async (t) => {
    const datapath = open(t);
    /** Each table that nft makes has a number of its own. */
    const number = (): string | undefined =>
      /table netdev \S+ \{ # handle (\d+)/.exec(run('nft -a list ruleset netdev'))?.[1];
    const before = number();
    t.ok(before);
    run('ip link set server address 02:00:00:00:02:77');
    t.match(datapath.follow(), [{ table: 'settings', change: 'changed' }]);
    t.equal(number(), before);
    datapath.apply({ ...tables(), clusterAddresses: [CLUSTER, '203.0.113.99'] });
    t.not(number(), before);
  },
);
