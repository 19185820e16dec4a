import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import t from 'tap';
import { makeLab, unmakeLab } from '../driver/netns.ts';
import { thisProcess } from '../driver/registry.ts';
import { loadPlan } from '../topology/load.ts';
import { devicesOf, takeCensus } from './census.ts';
import { inspect } from './inspect.ts';
import { Lab } from './lab.ts';

const skip = process.getuid?.() === 0 ? false : 'a lab needs root';
const STATE = {
  name: `inspect-test-${process.pid}`,
  system: 'nlb',
  driver: 'netns' as const,
  plan: loadPlan('invention', { servers: 2 }),
  madeAt: new Date().toISOString(),
  owner: thisProcess(),
};

t.test('of a lab that runs, changed behind its plan', { skip }, async (t) => {
  const lab = new Lab(STATE);
  const nlb1 = lab.node('nlb1');
  t.before(async () => {
    await makeLab(STATE);
    // IPv4 alone is shown, though the node has more.
    nlb1.inside(() => writeFileSync('/proc/sys/net/ipv6/conf/access/disable_ipv6', '0'));
    const commands = [
      'address add 10.77.1.100/32 dev access label access:nlbs',
      'address del 10.77.2.11/24 dev server',
      'address add 10.77.2.99/24 dev server',
      'address add 2001:db8::9/64 dev access',
      'link set access address 02:00:00:00:00:99',
      'route add 192.0.2.0/24 via 10.77.1.2',
    ];
    execFileSync('ip', ['-n', nlb1.home.handle.network, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  });
  t.after(() => unmakeLab(STATE));

  t.test('inspect says what the kernel has, in the form that is promised', async (t) => {
    const { nodes, segments, ...rest } = await inspect(lab);
    t.strictSame(rest, {
      name: STATE.name,
      topology: 'invention',
      system: 'nlb',
      driver: 'netns',
      addresses: {
        cluster: ['203.0.113.10'],
        nlbs: '10.77.1.100',
        vrrp: { wan: '100.64.0.1', access: '10.77.1.1', server: '10.77.2.1' },
      },
    });
    t.same(Object.keys(nodes), ['client1', 'router', 'fw1', 'fw2', 'nlb1', 'nlb2', 'server1', 'server2']);
    const mac = STATE.plan.nodes.find(({ name }) => name === 'nlb1')?.legs.find(({ name }) => name === 'server')?.mac;
    t.strictSame(nodes.nlb1, {
      kind: 'nlb',
      netns: `ov-${STATE.name}.nlb1`,
      interfaces: {
        lo: { device: 'lo', addresses: ['127.0.0.1/8'] },
        access: { device: 'access', mac: '02:00:00:00:00:99', addresses: ['10.77.1.11/24', '10.77.1.100/32'] },
        server: { device: 'server', mac, addresses: ['10.77.2.99/24'] },
      },
    });
    t.strictSame(segments.access, {
      subnet: '10.77.1.0/24',
      netns: `ov-${STATE.name}.lan.access`,
      bridge: 'access',
      nodes: ['fw1', 'fw2', 'nlb1', 'nlb2'],
    });
    t.same(Object.keys(segments), ['internet', 'wan', 'access', 'server']);
  });

  t.test('the names work in commands', async (t) => {
    const { nodes, segments } = await inspect(lab);
    for (const { netns, interfaces } of Object.values(nodes)) {
      for (const { device } of Object.values(interfaces)) execFileSync('ip', ['-n', netns, 'link', 'show', device]);
    }
    for (const { netns, bridge } of Object.values(segments)) {
      const [shown] = JSON.parse(String(execFileSync('ip', ['-json', '-d', '-n', netns, 'link', 'show', bridge])));
      t.equal(shown.linkinfo.info_kind, 'bridge');
    }
  });

  t.test('a device without a hardware address has none, and an alias has its label', async (t) => {
    const devices = await devicesOf(nlb1);
    const [loopback, access] = ['lo', 'access'].map((name) => devices.find(({ device }) => device === name));
    t.strictSame(loopback, { device: 'lo', addresses: [{ address: '127.0.0.1/8' }] });
    t.strictSame(access, {
      device: 'access',
      mac: '02:00:00:00:00:99',
      addresses: [{ address: '10.77.1.11/24' }, { address: '10.77.1.100/32', label: 'access:nlbs' }],
    });
  });

  t.test('the census holds every address and every route of every node', async (t) => {
    const { addresses, routes, ...rest } = await takeCensus(lab, () => 42);
    t.same(rest, { kind: 'census', atNs: 42 });
    const planned = STATE.plan.nodes.flatMap(({ name, legs, loopback }) => [
      `${name} lo 127.0.0.1/8`,
      ...loopback.map((address) => `${name} lo ${address}`),
      ...legs.map((leg) => `${name} ${leg.name} ${leg.address}`),
    ]);
    const expected = [...planned, 'nlb1 access 10.77.1.100/32 access:nlbs', 'nlb1 server 10.77.2.99/24'];
    const held = addresses.map(({ node, device, address, label }) => [node, device, address, label].join(' ').trim());
    t.same(new Set(held), new Set(expected.filter((line) => line !== 'nlb1 server 10.77.2.11/24')));
    t.equal(held.length, expected.length - 1);
    const has = (route: object) =>
      t.ok(
        routes.some((each) => JSON.stringify(each) === JSON.stringify(route)),
        route,
      );
    has({ node: 'nlb1', to: '192.0.2.0/24', via: '10.77.1.2', device: 'access' });
    has({ node: 'server2', to: 'default', via: '10.77.2.1', device: 'server' });
    has({ node: 'fw2', to: '203.0.113.10', via: '10.77.1.100', device: 'access' });
    has({ node: 'client1', to: '198.51.100.0/24', device: 'internet' });
  });
});

t.test('a lab says which nodes it has, when it is asked for another', async (t) => {
  t.throws(() => new Lab(STATE).node('nlb3'), { message: /has no node nlb3; it has client1, router, .*, server2$/ });
});
