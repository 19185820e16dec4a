import t from 'tap';
import { loadPlan } from '../topology/load.ts';
import { lan, lansOf, lanUnmade, legsOnLan, namespaces, node } from './batch.ts';
import { labNames } from './names.ts';

const plan = loadPlan('invention');
const names = labNames('x', plan);

function nodeText(name: string): string {
  const found = plan.nodes.find((candidate) => candidate.name === name);
  if (!found) throw new Error(`there is no ${name}`);
  return node(found);
}

t.test('on the host nothing is made but namespaces, one for each node and each LAN', async (t) => {
  const nodes = ['client1', 'router', 'fw1', 'fw2', 'nlb1', 'nlb2', 'server1', 'server2', 'server3'];
  const expected = [...nodes, 'lan.internet', 'lan.wan', 'lan.access', 'lan.server'];
  t.equal(namespaces(names.all()), expected.map((name) => `netns add ov-x.${name}\n`).join(''));
});

t.test(
  'a LAN is a bridge without delay, with one port for each leg, whose other end is born in its node',
  async (t) => {
    t.equal(
      lan(plan, names, 'internet'),
      `link add internet type bridge stp_state 0 forward_delay 0 mcast_snooping 0
link add client1 group 1 gro_max_size 1 type veth peer name internet address 02:00:01:00:00:10 netns ov-x.client1
link set client1 master internet up
link add router group 1 gro_max_size 1 type veth peer name internet address 02:00:01:00:00:01 netns ov-x.router
link set router master internet up
link set lo up
link set internet up
`,
    );
  },
);

t.test('cables are unmade three at a time, all that were made, and the switch after them', async (t) => {
  const groups = Array.from(lan(plan, names, 'server').matchAll(/link add \S+ group (\d+)/g), ([, group]) =>
    Number(group),
  );
  t.strictSame(groups, [1, 1, 1, 2, 2, 2, 3]);
  t.equal(
    lanUnmade(plan, 'server'),
    ['link delete group 1', 'link delete group 2', 'link delete group 3', 'link delete server\n'].join('\n'),
  );
});

t.test('a node gets its addresses and routes, and a server the cluster address on its loopback', async (t) => {
  t.equal(
    nodeText('server2'),
    `link set lo up
address add 203.0.113.10/32 dev lo
address add 10.77.2.22/24 dev server
link set server up
route add default via 10.77.2.1 dev server
`,
  );
  t.equal(
    nodeText('fw1'),
    `link set lo up
address add 100.64.0.2/24 dev wan
link set wan up
address add 10.77.1.2/24 dev access
link set access up
address add 10.77.2.2/24 dev server
link set server up
route add 203.0.113.10/32 via 10.77.1.100 dev access
route add default via 100.64.0.254 dev wan
`,
  );
});

t.test(
  'two segments on one LAN are one switch, and a next hop outside the subnet is said to be on the link',
  async (t) => {
    const flat = loadPlan('invention-flat');
    t.same(lansOf(flat), ['internet', 'wan', 'access']);
    const ports = legsOnLan(flat, 'access').map((found) => `${found.node.name} ${found.leg.name}`);
    t.same(
      ports.filter((port) => port.startsWith('nlb')),
      ['nlb1 access', 'nlb1 server', 'nlb2 access', 'nlb2 server'],
    );
    t.same(legsOnLan(flat, 'server'), []);
    const server = flat.nodes.find(({ kind }) => kind === 'server');
    t.match(server ? node(server) : '', 'route add default via 10.77.1.1 dev server onlink\n');
  },
);
