import fc from 'fast-check';
import t from 'tap';
import { stringify } from 'yaml';
import { formatProblems } from './problem.ts';
import { readTopology } from './read.ts';

/** A choice of sizes, from which a topology follows that must be valid. */
interface Sizes {
  servers: number;
  clients: number;
  shared: boolean;
  clusterAddresses: number;
  prefixLength: number;
  vrrp: boolean;
}

const sizes: fc.Arbitrary<Sizes> = fc.record({
  servers: fc.integer({ min: 1, max: 150 }),
  clients: fc.integer({ min: 1, max: 20 }),
  shared: fc.boolean(),
  clusterAddresses: fc.integer({ min: 1, max: 4 }),
  prefixLength: fc.integer({ min: 16, max: 24 }),
  vrrp: fc.boolean(),
});

function topologyOf({ servers, clients, shared, clusterAddresses, prefixLength, vrrp }: Sizes): string {
  const cluster = Array.from({ length: clusterAddresses }, (_, i) => `203.0.113.${10 + i}`);
  const firewall = (host: number) => ({
    kind: 'firewall',
    priority: 100 + host,
    legs: { wan: `100.64.0.${host}`, access: `10.1.0.${host}` },
    routes: [{ to: 'cluster', via: 'nlbs' }],
  });
  const nlb = (host: number) => ({
    kind: 'nlb',
    primary: host === 11,
    legs: { access: `10.1.0.${host}`, server: `10.2.0.${host}` },
    routes: [{ to: 'default', via: vrrp ? 'vrrp.access' : '10.1.0.2' }],
  });
  return stringify({
    name: 'generated',
    segments: {
      wan: { subnet: '100.64.0.0/24' },
      access: { subnet: `10.1.0.0/${prefixLength}` },
      server: { subnet: `10.2.0.0/${prefixLength}`, ...(shared ? { lan: 'access' } : {}) },
    },
    cluster: { addresses: cluster, services: [{ name: 'http', protocol: 'tcp', port: 80 }] },
    nlbs: { segment: 'access', address: '10.1.0.100' },
    vrrp: vrrp ? [{ segment: 'access', address: '10.1.0.1', id: 52 }] : [],
    nodes: {
      client: { kind: 'client', count: clients, legs: { wan: '100.64.0.100' } },
      fw1: firewall(2),
      fw2: firewall(3),
      nlb1: nlb(11),
      nlb2: nlb(12),
      web: { kind: 'server', count: servers, legs: { server: '10.2.0.21' }, loopback: ['cluster'] },
    },
  });
}

t.test('a valid topology gives a plan in which every name, port, address and hardware address is unique', async (t) => {
  const property = fc.property(sizes, (size) => {
    const read = readTopology(topologyOf(size), 'generated.yaml');
    if (!('plan' in read)) throw new Error(formatProblems(read.problems));
    const { nodes, segments } = read.plan;
    const legs = nodes.flatMap((node) => node.legs);
    const lanOf = (segment: string) => segments.find(({ name }) => name === segment)?.lan;
    expectUnique(nodes.map(({ name }) => name));
    expectUnique(legs.map(({ segment, port }) => `${lanOf(segment)} ${port}`));
    expectUnique(legs.map(({ address }) => address));
    expectUnique(legs.map(({ mac }) => mac));
    if (!legs.every(({ mac }) => /^02(:[0-9a-f]{2}){5}$/.test(mac))) throw new Error('a hardware address is malformed');
    if (legs.length !== size.servers + size.clients + 8) throw new Error(`${legs.length} legs`);
  });
  const result = fc.check(property, { numRuns: 100 });
  t.comment(`seed ${result.seed}`);
  t.equal(result.failed, false, fc.defaultReportMessage(result) ?? 'all valid');
});

function expectUnique(values: string[]): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new Error(`${twice} is there twice`);
}
