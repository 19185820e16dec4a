import t from 'tap';
import { aliasOnlyOnLoopback, ownPrivateAddresses, publicAddresses } from './addresses.ts';
import { address, census, shown, told } from './literal-history.ts';

const PRIVATE = [
  'fw1 wan 100.64.0.2/24',
  'nlb1 access 10.77.1.11/24',
  'nlb1 lo 127.0.0.1/8',
  'fw1 access 172.31.0.1/16',
];
const CLUSTER = ['nlb1 lo 203.0.113.10/32', 'nlb2 lo 203.0.113.10/32', 'server1 lo 203.0.113.10/32'];
const CLIENT = 'client1 internet 198.51.100.10/24';
const CLIENTS = { clientSubnets: ['198.51.100.0/24'] };

t.test('public addresses are counted, each once, clients not at all', async (t) => {
  const one = publicAddresses({ count: 1, ...CLIENTS, exactly: ['203.0.113.10'] });
  t.match(told(one, census(1, ...PRIVATE, ...CLUSTER, CLIENT)), /^pass: 1 public .*203\.0\.113\.10/);
  t.match(told(one, census(1, ...CLUSTER, 'server1 lo fe80::1/64')), /^pass/);
  t.match(told(one, census(1, ...CLUSTER, 'fw1 access 203.0.113.2/24')), /^fail: 2 public/);
  t.match(told(one, census(1, ...CLUSTER, 'fw1 access 192.169.0.1/24')), /^fail: 2 public/);
  t.match(told(one, census(1, ...PRIVATE)), /^fail: 0 public/);
  t.match(told(one, census(1, 'nlb1 lo 203.0.113.11/32')), /^fail: .* not 203\.0\.113\.10/);
  t.match(told(one), /^unknown: no census/);
  t.match(told(one, census(1)), /^unknown: a census is empty/);
  const later = census(2, ...CLUSTER, 'nlb1 access 203.0.113.5/24');
  t.match(told(one, census(1, ...CLUSTER), later), /^fail/, 'each census is judged');
  t.match(told(one, census(1, ...PRIVATE), census(2, ...CLUSTER)), /^fail/, 'the first one too');
  t.match(told(one, census(1), census(2, ...CLUSTER)), /^unknown: a census is empty/);
  t.match(told(one, census(1, ...PRIVATE)), /^fail: 0 public addresses are held \(none\), not 1$/);
  t.same(shown(one, census(1, ...CLUSTER), census(2, ...CLUSTER)), ['census 2']);
  const clientSubnets = ['192.0.2.0/24', '198.51.100.0/24'];
  t.match(
    told(publicAddresses({ count: 1, clientSubnets }), census(1, ...CLUSTER, CLIENT)),
    /^pass/,
    'of either subnet',
  );
  const two = publicAddresses({ count: 2, ...CLIENTS, exactly: ['203.0.113.2', '203.0.113.10'] });
  const other = 'fw1 access 203.0.113.2/24';
  t.match(
    told(two, census(1, other, ...CLUSTER)),
    /^pass: 2 public addresses are held \(203\.0\.113\.10, 203\.0\.113\.2\)/,
  );
  t.match(told(two, census(1, ...CLUSTER, other)), /^pass/);
  t.match(
    told(two, census(1, ...CLUSTER, 'fw1 access 203.0.113.3/24')),
    /^fail: .* not 203\.0\.113\.2, 203\.0\.113\.10$/,
  );
  const six = publicAddresses({ count: 2, ...CLIENTS });
  t.match(told(six, census(1, ...CLUSTER, 'fw1 access 203.0.113.2/24')), /^pass/);
});

t.test('each leg has a private address of its own', async (t) => {
  const legs = [{ node: 'nlb1', device: 'access', subnet: '10.77.1.0/24' }];
  const own = ownPrivateAddresses({ legs, shared: ['10.77.1.100'] });
  const mine = 'nlb1 access 10.77.1.11/24';
  const alias = 'nlb1 access 10.77.1.100/32 access:nlbs';
  t.match(told(own, census(1, mine, alias)), /^pass/);
  t.match(told(own, census(1, alias)), /^fail: nlb1 has no private address/, 'a shared one is not its own');
  t.match(told(own, census(1, mine, 'nlb2 access 10.77.1.11/24')), /^fail/, 'nor is one that another has too');
  t.match(told(own, census(1, 'nlb1 server 10.77.1.11/24')), /^fail/, 'nor one on another device');
  t.match(told(own, census(1, 'nlb1 access 10.77.2.11/24')), /^fail/, 'nor one of another subnet');
  t.match(told(own, census(1, mine)), /^pass: 1 legs have private addresses of their own$/);
  t.same(shown(own, census(1, mine)), ['census 1']);
  t.match(told(own, census(1, 'nlb2 access 10.77.1.11/24')), /^fail: nlb1/, 'nor one of another node');
  const publicly = ownPrivateAddresses({
    legs: [{ node: 'nlb1', device: 'access', subnet: '203.0.113.0/24' }],
    shared: [],
  });
  t.match(told(publicly, census(1, 'nlb1 access 203.0.113.2/24')), /^fail/, 'nor a public one');
  t.match(told(own), /^unknown: no census/);
});

t.test('the cluster address is on loopbacks alone', async (t) => {
  const lo = aliasOnlyOnLoopback({ addresses: ['203.0.113.10'], nodes: ['nlb1', 'server1'] });
  const added = (device: string) => address(2, { node: 'nlb1', device, address: '203.0.113.10/32', change: 'added' });
  t.match(told(lo, census(1, ...CLUSTER), added('lo')), /^pass/);
  t.match(told(lo, census(1, ...CLUSTER, 'nlb1 access 203.0.113.10/32')), /^fail: nlb1 holds/);
  t.match(told(lo, census(1, ...CLUSTER), added('access')), /^fail: nlb1 was given/, 'not even for a moment');
  t.match(told(lo, census(1, 'nlb1 lo 203.0.113.10/32')), /^fail: server1 does not hold/);
  t.equal(
    told(lo, census(1, ...PRIVATE, ...CLUSTER)),
    'pass: nlb1, server1 hold 203.0.113.10 on the loopback alone',
    'other addresses may be elsewhere',
  );
  t.same(shown(lo, census(1, ...CLUSTER)), ['census 1']);
  const gone = address(2, { node: 'nlb1', device: 'access', address: '203.0.113.10/32', change: 'removed' });
  t.match(told(lo, census(1, ...CLUSTER), gone), /^pass/, 'to lose it is not to be given it');
  const both = aliasOnlyOnLoopback({ addresses: ['203.0.113.10', '203.0.113.11'], nodes: ['nlb1', 'nlb2'] });
  t.match(told(both, census(1, ...CLUSTER)), /^fail: nlb1 does not hold 203\.0\.113\.11/);
  const second = ['nlb1', 'nlb2'].map((node) => `${node} lo 203.0.113.11/32`);
  t.match(told(both, census(1, ...CLUSTER, ...second)), /^pass: nlb1, nlb2 hold 203\.0\.113\.10, 203\.0\.113\.11 on/);
  t.match(told(lo), /^unknown: no census/);
});
