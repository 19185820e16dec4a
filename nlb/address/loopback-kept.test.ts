import { writeFileSync } from 'node:fs';
import t from 'tap';
import { openAddressEvents } from '../kernel/address-events.ts';
import { enterPrivateNamespaces, run } from '../kernel/private-namespaces.ts';
import { openLoopback } from './loopback.ts';

enterPrivateNamespaces(import.meta.url);

const CLUSTER = '203.0.113.10';
run('ip link set lo up');
run('ip link add mgmt type veth peer name far');

function opened() {
  const [changed, corrected, problems]: [string[], string[], string[]] = [[], [], []];
  const events = openAddressEvents();
  t.teardown(events.close);
  const loopback = openLoopback(events, {
    changed: ({ change, address: { address } }) => changed.push(`${change} ${address}`),
    corrected: ({ change, address: { address, label } }) => corrected.push(`${change} ${address} ${label}`),
    problem: (text) => problems.push(text),
  });
  const realise = (...desired: string[]) => {
    loopback.realise('remove', desired);
    loopback.realise('add', desired);
    return loopback.isDoubtful();
  };
  return { loopback, changed, corrected, problems, realise };
}

const onLoopback = () => run('ip -o -4 addr show dev lo').includes(`${CLUSTER}/32`);

t.test('what somebody else takes off the loopback is noticed at once, and put back as a correction', async (t) => {
  const { loopback, realise, changed, corrected } = opened();
  realise(CLUSTER);
  t.same([changed, corrected], [[`add ${CLUSTER}`], []]);
  t.equal(loopback.isDoubtful(), false);
  run('ip addr flush dev lo label lo:nlb');
  t.equal(loopback.isDoubtful(), true);
  realise(CLUSTER);
  t.same([onLoopback(), corrected], [true, [`add ${CLUSTER} lo:nlb`]]);
});

t.test('what an earlier life left counts as standing there', async (t) => {
  const { realise, changed, corrected } = opened();
  realise(CLUSTER);
  run('ip addr flush dev lo label lo:nlb');
  realise(CLUSTER);
  t.same([changed, corrected], [[], [`add ${CLUSTER} lo:nlb`]]);
});

t.test('a cluster address on another interface is taken off it', async (t) => {
  const { loopback, realise, changed, corrected } = opened();
  realise(CLUSTER);
  loopback.isDoubtful();
  run(`ip addr add ${CLUSTER}/24 dev mgmt`);
  run('ip addr add 203.0.113.99/24 dev far');
  t.equal(loopback.isDoubtful(), true);
  realise(CLUSTER);
  t.same([changed, corrected], [[], [`remove ${CLUSTER} mgmt`]]);
  t.match(run('ip -o -4 addr show dev far'), '203.0.113.99');
});

t.test('but not where the kernel would take an address of somebody else away with it', async (t) => {
  const { loopback, realise, corrected, problems } = opened();
  run(`ip addr add ${CLUSTER}/24 dev mgmt`);
  run('ip addr add 203.0.113.98/24 dev mgmt');
  realise(CLUSTER);
  realise(CLUSTER);
  t.match(problems, [/203.0.113.10\/24 stands on mgmt, where .* take 203.0.113.98\/24 away/]);
  t.same([loopback.refused(), corrected], [[CLUSTER], []]);
  writeFileSync('/proc/sys/net/ipv4/conf/mgmt/promote_secondaries', '1');
  realise(CLUSTER);
  t.same([loopback.refused(), corrected], [[], [`remove ${CLUSTER} mgmt`]]);
  t.match(run('ip -o -4 addr show dev mgmt'), '203.0.113.98');
});

t.test('what is no longer desired goes, which is no correction', async (t) => {
  const { realise, changed, corrected } = opened();
  realise(CLUSTER);
  realise();
  t.same([onLoopback(), changed, corrected], [false, [`remove ${CLUSTER}`], []]);
});

t.test('what the kernel refuses is said once, and known until it is granted or no longer desired', async (t) => {
  const { loopback, realise, problems } = opened();
  // Less than IPv4 asks for (RFC 791: 68 octets): the kernel takes IPv4 from the interface.
  run('ip link set lo mtu 60');
  realise(CLUSTER);
  realise(CLUSTER);
  t.match(problems, [/The kernel refused to add address \(203.0.113.10\/32/]);
  t.equal(problems.length, 1);
  t.same(loopback.refused(), [CLUSTER]);
  run('ip link set lo mtu 65536');
  realise(CLUSTER);
  t.same([loopback.refused(), onLoopback()], [[], true]);
});
