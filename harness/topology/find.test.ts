import { join } from 'node:path';
import t from 'tap';
import { findTopology, topologyNames, topologyPath } from './find.ts';
import type { NodePlan, Plan } from './plan.ts';
import { formatProblems } from './problem.ts';
import { readTopology } from './read.ts';

function planOf(name: string): Plan {
  const read = readTopology(findTopology(name), topologyPath(name));
  if ('plan' in read) return read.plan;
  throw new Error(formatProblems(read.problems));
}

function nodeOf(plan: Plan, name: string): NodePlan {
  const node = plan.nodes.find((n) => n.name === name);
  if (!node) throw new Error(`there is no ${name}`);
  return node;
}

const legsOf = (plan: Plan, name: string) =>
  nodeOf(plan, name).legs.map((leg) => `${leg.name} ${leg.port} ${leg.address}`);
const routesOf = (plan: Plan, name: string) => {
  return nodeOf(plan, name).routes.map(({ to, via, leg, onlink }) => `${to} ${via} ${leg}${onlink ? ' onlink' : ''}`);
};

t.test('every topology that comes with the project can be used, and is named as its file', async (t) => {
  t.same(topologyNames(), ['invention', 'invention-flat', 'prior-art']);
  for (const name of topologyNames()) t.equal(planOf(name).topology, name);
});

t.test('a topology is found by its path, too', async (t) => {
  const path = join(import.meta.dirname, '..', '..', 'topologies', 'invention.yaml');
  t.equal(findTopology(path), findTopology('invention'));
});

t.test('a topology that is not there is an error that names those that are', async (t) => {
  const expected =
    'no topology "inventoin": there are invention, invention-flat, prior-art, or give the path of a file';
  t.throws(() => findTopology('inventoin'), { message: expected });
});

t.test('invention: one public address, reached through the NLBS address; replies go to the firewalls', async (t) => {
  const plan = planOf('invention');
  t.same(plan.addresses, {
    cluster: ['203.0.113.10'],
    nlbs: '10.77.1.100',
    vrrp: { wan: '100.64.0.1', access: '10.77.1.1', server: '10.77.2.1' },
  });
  t.same(legsOf(plan, 'nlb1'), ['access nlb1 10.77.1.11/24', 'server nlb1 10.77.2.11/24']);
  for (const name of ['fw1', 'fw2']) {
    t.same(routesOf(plan, name), ['203.0.113.10/32 10.77.1.100 access', 'default 100.64.0.254 wan']);
  }
  t.same(routesOf(plan, 'server3'), ['default 10.77.2.1 server']);
  t.same(nodeOf(plan, 'server3').loopback, ['203.0.113.10/32']);
});

t.test(
  "invention-flat: one LAN, and the servers' next hop is the firewalls' address on the access subnet",
  async (t) => {
    const plan = planOf('invention-flat');
    t.same(plan.segments.find(({ name }) => name === 'server')?.lan, 'access');
    t.same(legsOf(plan, 'nlb2'), ['access nlb2-access 10.77.1.12/24', 'server nlb2-server 10.77.2.12/24']);
    t.same(legsOf(plan, 'fw1'), ['wan fw1 100.64.0.2/24', 'access fw1 10.77.1.2/24']);
    t.same(routesOf(plan, 'server1'), ['default 10.77.1.1 server onlink']);
  },
);

t.test(
  'prior-art: six public addresses on the access subnet, and the active holds the cluster address there',
  async (t) => {
    const plan = planOf('prior-art');
    const { addresses, nodes } = plan;
    const shared = [...addresses.cluster, addresses.nlbs, ...Object.values(addresses.vrrp)];
    const own = nodes.flatMap(({ legs }) => legs.map(({ address }) => address.replace(/\/.*/, '')));
    const access = new Set([...shared, ...own].filter((address) => address.startsWith('203.0.113.')));
    t.equal(access.size, 6);
    t.same(addresses.cluster, [addresses.nlbs]);
    t.same(routesOf(plan, 'fw1'), ['default 100.64.0.254 wan'], 'no static route to the cluster');
  },
);
